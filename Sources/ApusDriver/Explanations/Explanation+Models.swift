extension Explanation {
  /// Messages about the file of a model.
  static let models = [
    Explanation(
      "attribute-duplicate",
      "A node has two attributes of one name. Export the model again."),
    Explanation("attribute-name", "An attribute of a node has no name."),
    Explanation(
      "attribute-reference",
      "An attribute refers to one of a function, but the node stands in no function."),
    Explanation(
      "attribute-type",
      "An attribute holds another type than the operator takes, or than its own tag says."),
    Explanation("attribute-value", "An attribute has a name and a type but no value."),
    Explanation(
      "attribute-values",
      "An attribute has a value and a reference to another attribute at once."),
    Explanation(
      "cycle",
      "Nodes take each other's results in a circle, so none can run first. The note lists them."),
    Explanation(
      "deprecated",
      "The operator was removed before the operator set that the model names."),
    Explanation(
      "domain-missing",
      "A node's operator is of a domain for which the model names no version."),
    Explanation(
      "duplicate-name",
      "Two inputs, initializers or results have one name. Names are unique in a graph."),
    Explanation("external-key", "The place of external data is given twice."),
    Explanation(
      "external-length",
      "The length of external data differs from what type and shape of the tensor need."),
    Explanation(
      "external-location",
      "External data has no file, or one outside the model's own folder."),
    Explanation(
      "external-number",
      "Offset or length of external data is not a plain number of bytes."),
    Explanation("external-range", "External data ends behind the end of its file."),
    Explanation(
      "external-without-folder",
      "External data lies beside a model file, but the model is not read from one."),
    Explanation("file-empty", "The file has no bytes."),
    Explanation("file-not-regular", "The name stands for a folder, device or pipe."),
    Explanation(
      "file-shrunk",
      "The file lost bytes while it was read. Another program writes to it."),
    Explanation("file-too-large", "The file is larger than the documented limit."),
    Explanation(
      "file-unreadable",
      "The system does not let the file be read. The message has its reason."),
    Explanation("function-name", "A function of the model has no name."),
    Explanation(
      "hint-ignored",
      "A warning: the file has fields that advise runtimes and change no result."),
    Explanation("input-type", "A graph input is no tensor, or its number of axes is not known."),
    Explanation("ir-version", "The version of the file format is missing or below 1."),
    Explanation("message-too-large", "One part of the model is larger than 2 GiB."),
    Explanation("missing-operand", "An operand that the operator needs is not given."),
    Explanation("model-ir-version", "The version of the file format is missing or below 1."),
    Explanation("model-without-graph", "The file holds a model without a graph."),
    Explanation("name-nul", "A name holds a byte 0, so that two names could be taken for one."),
    Explanation("name-utf8", "A name is not UTF-8."),
    Explanation("no-outputs", "The graph has no outputs, so nothing would be computed."),
    Explanation(
      "no-thread",
      "The system gives no thread to read the model. It may be out of memory."),
    Explanation("node-without-operator", "A node names no operator."),
    Explanation("not-onnx", "The file is something else. The message says what it looks like."),
    Explanation("operand-count", "An operator has another number of operands than it takes."),
    Explanation(
      "operator",
      "An operator cannot be imported. All such nodes are listed; see `apus ops`."),
    Explanation("opset-duplicate", "Two versions of one operator set are named."),
    Explanation("opset-missing", "The model does not name the version of its operators."),
    Explanation("opset-too-new", "The operators are newer than those that can be imported."),
    Explanation("opset-version", "The version of an operator set is not positive."),
    Explanation(
      "output-count",
      "A node has a result that is not supported, or that its operator does not have."),
    Explanation("shape-conflict", "The model declares another shape than its nodes compute."),
    Explanation("sparse-tensor", "Sparse tensors are not supported."),
    Explanation(
      "tensor-bytes",
      "The bytes of a tensor are more or fewer than type and shape need."),
    Explanation("tensor-count", "The numbers of a tensor are more or fewer than its shape needs."),
    Explanation("tensor-element", "A tensor has no element type, or an unknown one."),
    Explanation("tensor-extent", "An axis of a tensor has a negative extent."),
    Explanation(
      "tensor-location",
      "A tensor says that its data lies in a place that ONNX does not know."),
    Explanation(
      "tensor-size",
      "A tensor is larger than 2^40 bytes, an axis longer than 2^31 - 1, or it has over 16 axes."),
    Explanation("tensor-storage", "A tensor holds its elements twice, in two forms."),
    Explanation(
      "tensor-value",
      "An element does not fit the type: a bool that is neither 0 nor 1, a number too large."),
    Explanation(
      "too-deep",
      "Messages or graphs lie too deeply in one another: 100 and 32 levels are taken."),
    Explanation("too-many-fields", "A node has too many attributes or a tensor too many axes."),
    Explanation("too-many-nodes", "The model has more than a million nodes."),
    Explanation(
      "too-much-memory",
      "The parsed model would take far more memory than its file has bytes."),
    Explanation("type-conflict", "The model declares another element type than its nodes compute."),
    Explanation("type-element", "An element type is not known."),
    Explanation(
      "type-extent",
      "An extent is negative. A warning when it is -1, which stands for unknown."),
    Explanation("type-map-key", "A map has keys of a type that cannot be one."),
    Explanation("undefined-name", "A name is used that nothing before it defines."),
    Explanation("undefined-output", "A graph output is computed by no node."),
    Explanation(
      "unknown-field",
      "A warning: the file has fields that this version of ONNX does not have."),
    Explanation("unsupported-field", "The model uses a part of ONNX that is not supported."),
    Explanation("wire-duplicate", "A part that may stand once stands twice."),
    Explanation("wire-int32", "A number of 32 bits has more."),
    Explanation("wire-type", "A field is stored in another form than its own."),
    Explanation("wire-union", "An attribute or type holds two kinds of value."),
    Explanation("wire-unpack", "The bytes are no protobuf message."),
  ]
}
