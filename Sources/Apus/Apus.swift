/// Everything an embedder of the compiler needs, in one import.
@_exported public import ApusBytecode
@_exported public import ApusC
@_exported public import ApusIR
@_exported public import ApusLoops
@_exported public import ApusONNX
@_exported public import ApusTransforms
