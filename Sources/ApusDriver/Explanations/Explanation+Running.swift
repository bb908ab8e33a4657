extension Explanation {
  /// Messages about commands, tensors and compiled models.
  static let running = [
    Explanation("bytecode-1", "The bytes of a program do not lie on 64 bytes in memory."),
    Explanation(
      "bytecode-10",
      "An instruction reads a register that is not set or of another type."),
    Explanation("bytecode-11", "An instruction could reach outside its buffer."),
    Explanation("bytecode-12", "An instruction writes to an input or constant."),
    Explanation("bytecode-13", "An instruction reads memory that nothing has written."),
    Explanation("bytecode-14", "A program takes more memory or work than it may."),
    Explanation("bytecode-2", "The file is no compiled program (.apb)."),
    Explanation(
      "bytecode-3",
      "The program was written for another major version of the interpreter."),
    Explanation("bytecode-4", "The file is cut short, or other bytes follow."),
    Explanation(
      "bytecode-5",
      "The file changed after it was written: its checksum does not match."),
    Explanation("bytecode-6", "The section table is malformed, or a reserved field is not 0."),
    Explanation("bytecode-7", "The table of inputs and outputs is malformed."),
    Explanation("bytecode-8", "The buffer table is malformed."),
    Explanation("bytecode-9", "An instruction is malformed."),
    Explanation("bytecode-element", "The interpreter does not know this element type."),
    Explanation("bytecode-inputs", "The tensors given are not those that the program takes."),
    Explanation(
      "bytecode-limit",
      "A kernel needs more than the interpreter has. The message says what."),
    Explanation(
      "bytecode-shape",
      "Inputs and outputs of bytecode have fixed shapes of at most 8 axes."),
    Explanation(
      "c-compiler-failed",
      "The C compiler fails. The notes are the first lines of its output."),
    Explanation(
      "c-compiler-missing",
      "The C compiler cannot be started. Install one, or name it in CC."),
    Explanation("case-missing", "There is no such folder of cases."),
    Explanation("compiled-folder", "The folder holds no compiled model, or several."),
    Explanation(
      "data-missing",
      "The folder of apus diff --data has neither folders with input_0.pb nor .npz archives."),
    Explanation(
      "diff-policy",
      "The policy of apus diff is malformed, or has a rule or field that does not exist."),
    Explanation(
      "c-interface", "A function of the C interface does not take the arguments it was given."),
    Explanation(
      "graph-incorrect", "A graph breaks a rule of the graph form. The message names all of them."),
    Explanation(
      "export-function",
      "A formula has a function that no ONNX operator computes, so it cannot be written."),
    Explanation("export-scalar", "ONNX cannot scatter updates into a single number."),
    Explanation(
      "export-symbol",
      "An extent depends on a symbol that no input or operation of the graph tells."),
    Explanation("export-type", "ONNX does not define the operation on this element type."),
    Explanation(
      "file-access",
      "The system does not let the file be read or written. The message has its reason."),
    Explanation("folder", "A temporary folder cannot be made."),
    Explanation(
      "tuning-file",
      "A file of measured choices has another form than `apus compile --tune` writes."),
    Explanation("input-count", "The number of inputs given differs from that of the model."),
    Explanation("input-missing", "The file has no tensor of this name."),
    Explanation("input-size", "The shape of an input gives a symbol a size outside its bounds."),
    Explanation(
      "library",
      "The shared library cannot be loaded, or is not one of a compiled model."),
    Explanation("manifest", "The JSON file beside a compiled model is not its manifest."),
    Explanation("not-a-file", "The name stands for a folder, device or pipe."),
    Explanation("npy-header", "The header of a .npy file is malformed."),
    Explanation("npy-magic", "The file is no .npy file."),
    Explanation("npy-shape", "The shape in a .npy file is negative or too large."),
    Explanation("npy-size", "A .npy file does not have the bytes that its shape calls for."),
    Explanation("npy-string", "A string in a .npy file is not Unicode."),
    Explanation(
      "npy-type",
      "A type of numpy that is not supported, or one that numpy does not have."),
    Explanation("npy-version", "The version of the .npy file is not 1, 2 or 3."),
    Explanation("npz-size", "An .npz archive ends at 4 GiB and 65534 arrays."),
    Explanation("output-not-a-file", "The output would replace something that is no file."),
    Explanation(
      "pass",
      "A pass failed: a mistake of the compiler. Please report it with the model."),
    Explanation("protobuf-field", "The bytes are no protobuf message."),
    Explanation("protobuf-number", "A number of a protobuf message is cut short."),
    Explanation("run-memory", "A run takes more memory than there is. Bound sizes with --dim."),
    Explanation(
      "run-size",
      "The model computed a size outside its bounds. Widen them with --dim NAME=LOW..HIGH."),
    Explanation("snapshot", "The file is no snapshot, or a line of it is malformed."),
    Explanation("tensor-bool", "A bool is neither 0 nor 1."),
    Explanation("tensor-file-ending", "Tensor files end in .npy, .npz or .pb."),
    Explanation(
      "sequenceproto", "A .pb sequence holds something else than tensors, which is not supported."),
    Explanation(
      "tensorproto-elements",
      "A .pb tensor has its elements in several fields, or not as many as its shape."),
    Explanation(
      "tensorproto-external",
      "A .pb tensor with external data or segments is not supported."),
    Explanation("tensorproto-field", "A field of a .pb tensor has another form than its own."),
    Explanation("tensorproto-shape", "The shape of a .pb tensor is negative or too large."),
    Explanation("tensorproto-string", "A string of a .pb tensor is not Unicode."),
    Explanation("tensorproto-type", "The element type of a .pb tensor is not known."),
    Explanation(
      "optionalproto",
      "A .pb optional value holds something else than a tensor or sequence of tensors."),
    Explanation(
      "usage",
      "The command line is not understood. `apus COMMAND --help` lists the options."),
    Explanation("zip-checksum", "An entry of an archive fails its checksum."),
    Explanation("zip-directory", "The directory of an archive is cut short."),
    Explanation("zip-end", "The file is no zip archive, or cut short."),
    Explanation("zip-entry", "An entry lies outside its archive."),
    Explanation("zip-method", "An entry is compressed or encrypted. Write it with numpy.savez."),
    Explanation("zip-overlap", "Entries of an archive overlap."),
  ]
}
