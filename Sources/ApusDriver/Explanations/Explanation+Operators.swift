extension Explanation {
  /// Messages about operators and their operands.
  static let operators = [
    Explanation("auto-pad", "auto_pad is unknown, or stands beside pads. One of both decides."),
    Explanation("axis-range", "An axis does not exist: they go from -rank to rank - 1."),
    Explanation("axis-twice", "One axis is named twice."),
    Explanation("bind", "A bind takes a vector of whole numbers, one for each size that it sets."),
    Explanation(
      "broadcast-mismatch",
      "Shapes neither agree nor broadcast: extents must be equal, or one of them 1."),
    Explanation(
      "concat-mismatch",
      "Operands of Concat differ in more than the extent of its axis."),
    Explanation("constant-kind", "A Constant holds a kind of value that is not supported."),
    Explanation("constant-value", "A Constant needs exactly one value."),
    Explanation(
      "conv-bias",
      "The bias of a convolution, and a scale or zero point of its filters that has several "
        + "numbers, need one number per filter."),
    Explanation(
      "conv-channel-mismatch",
      "Filters times groups do not take the channels that the image has."),
    Explanation(
      "conv-group",
      "The number of groups is not positive, or does not divide the filters."),
    Explanation("conv-kernel-shape", "kernel_shape differs from the shape of the filters."),
    Explanation(
      "conv-rank",
      "Image and filters have different ranks or types, or no spatial axis."),
    Explanation(
      "data-dependent",
      "An operand decides about shapes, so it must be known when compiling."),
    Explanation(
      "element-type",
      "Operands have element types that the operator or the back ends do not take."),
    Explanation(
      "function-type",
      "A formula uses a function on a type that it is not defined on, such as `and` of floats."),
    Explanation("gather-empty", "Gather takes elements from an axis that has none."),
    Explanation("gather-index", "A constant index lies outside the axis."),
    Explanation("gemm-rank", "Gemm takes two matrices of rank 2."),
    Explanation("lstm-shape", "Weights and states of an LSTM do not fit together."),
    Explanation(
      "block-operands",
      "A block product takes a matrix of f32 and one of integers of at most 8 bits."),
    Explanation(
      "block-scales",
      "Scales and zeros of a block product are f32: a row for each block, a column for each column."
    ),
    Explanation(
      "matmul-inner",
      "The columns on the left are not as many as the rows on the right."),
    Explanation("matmul-operands", "A product takes two matrices of one element type."),
    Explanation("matmul-rank", "MatMul does not take numbers of rank 0."),
    Explanation("negative-extent", "A shape has a negative extent."),
    Explanation("no-schedule", "There is no way yet to compute this form of the operator."),
    Explanation(
      "product-zero",
      "A product takes off its left operand a number that this type of integers does not have."),
    Explanation("pad-count", "Padding needs one number before and after each axis."),
    Explanation("pad-empty", "An axis without elements cannot be continued."),
    Explanation("pad-mode", "The mode of Pad is unknown."),
    Explanation("pad-negative", "Negative padding cuts off more than an axis has."),
    Explanation("pad-reflect", "Reflection needs an axis longer than the padding."),
    Explanation(
      "pad-symbols",
      "Padding that continues the data needs pads that are numbers. Fix symbols with --dim."),
    Explanation("pad-value", "The fill value of Pad is no single number of the data's type."),
    Explanation("permutation", "perm does not name each axis once."),
    Explanation("range-delta", "The step of Range is 0."),
    Explanation("range-size", "Range would have more than 2^24 elements."),
    Explanation("reshape-count", "The new shape holds more or fewer elements than the old one."),
    Explanation("reshape-negative", "An extent below -1."),
    Explanation("reshape-open", "Two extents are -1, so that neither is known."),
    Explanation(
      "reshape-zero",
      "An extent is 0, to copy one of the operand, which has no such axis."),
    Explanation("resize-coordinates", "This coordinate mode of Resize is not supported."),
    Explanation("resize-limit", "Resize to more than 2^24 elements along an axis, or from none."),
    Explanation("resize-mode", "Resize other than to the nearest element is not supported."),
    Explanation("resize-nearest", "The nearest_mode of Resize does not exist."),
    Explanation("resize-scales", "Resize needs one constant positive scale per axis."),
    Explanation("resize-sizes", "Resize needs one positive size per axis."),
    Explanation("shape-limit", "A shape is too large or has too many terms."),
    Explanation("slice", "A slice needs starts, steps and extents for each axis."),
    Explanation("slice-range", "A slice reaches outside its operand."),
    Explanation("slice-step", "The step of a slice is 0."),
    Explanation("split-sizes", "The parts of Split do not add up to the axis."),
    Explanation("squeeze-extent", "Squeeze of an axis whose extent is not 1."),
    Explanation("symbolic-extent", "An extent must be a number here. Fix it with --dim NAME=SIZE."),
    Explanation(
      "symbolic-operand",
      "An operand must be a number here. Fix the symbol with --dim NAME=SIZE."),
    Explanation(
      "symbolic-shape",
      "The model has dimensions without a size. Fix them with --dim NAME=SIZE."),
    Explanation(
      "symbolic-slice",
      "This slice of a symbolic axis is not supported. Fix it with --dim NAME=SIZE."),
    Explanation("tile-repeats", "Tile needs one repeat per axis."),
    Explanation(
      "window-range",
      "Extent, stride or dilation of a window is not positive, or a pad is negative or huge."),
    Explanation("window-rank", "A window needs one number per spatial axis."),
    Explanation("branch-condition", "The condition of an If must be one truth value."),
    Explanation("branch-outputs", "Both branches of an If must have the same number of outputs."),
    Explanation("branch-sizes", "Extents that differ between branches need a symbol each."),
    Explanation("branch-types", "Both branches of an If must give the same types."),
    Explanation("function-call", "A call gives a function more operands than it takes."),
    Explanation(
      "function-cycle", "A function of the model calls itself, directly or through others."),
    Explanation("graph-depth", "Graphs inside nodes nest more than 32 deep."),
    Explanation("missing-graph", "A node that runs a graph does not have it."),
    Explanation("reduce-flags", "A reduction along computed axes needs one flag per axis."),
    Explanation("repeat-condition", "The condition of a loop must be one truth value."),
    Explanation("repeat-operands", "A loop has fewer operands or outputs than it carries."),
    Explanation("repeat-state", "What a loop carries must keep its type."),
    Explanation(
      "repeat-turns", "A loop without a condition takes as many turns as its limit says."),
    Explanation("scan-axes", "The axes or directions of a Scan do not fit its operands."),
    Explanation(
      "size-bound",
      "The size of a tensor depends on numbers without a useful bound. Bound them with --dim."),
    Explanation("window-size", "The window is larger than the padded image."),
  ]
}
