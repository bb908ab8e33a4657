extension Explanation {
  /// What operators with a form of their own ask for.
  static let forms: [Explanation] = [
    Explanation("activation", "A recurrent layer asks for an activation that is not supported."),
    Explanation(
      "activation-count",
      "A recurrent layer needs one activation per gate function and direction."),
    Explanation(
      "attention-heads",
      "The number of query heads must be a multiple of the key and value heads."),
    Explanation(
      "attention-graph",
      "score_mod and prob_mod take one tensor and give one of the same shape and element type."),
    Explanation("attention-mask", "The attention mask does not fit the queries and keys."),
    Explanation("attention-mode", "qk_matmul_output_mode must be 0, 1, 2 or 3."),
    Explanation("attention-past", "Past keys and values must be given both or not at all."),
    Explanation(
      "attention-rank",
      "Attention takes operands of rank 4, or of rank 3 with numbers of heads."),
    Explanation("attention-window", "An attention window must be -1 or not negative."),
    Explanation("axis-size", "An axis has more elements than the operator can work with."),
    Explanation("batchnorm-rank", "BatchNormalization needs a batch and channels."),
    Explanation("branch-rank", "The branches of an If give tensors of different ranks."),
    Explanation("bitcast-width", "BitCast needs types of the same width."),
    Explanation(
      "block-size",
      "The extents are no multiple of the block, or the mode does not exist."),
    Explanation("causal-conv", "CausalConvWithState takes one filter per channel."),
    Explanation(
      "col2im-shape",
      "Col2Im needs an image shape and a block shape of the same rank, and columns that fit."),
    Explanation("crop-axes", "CenterCropPad needs one size per axis."),
    Explanation("deform-rank", "DeformConv is supported for images of two axes."),
    Explanation("deform-shape", "The offsets of DeformConv do not fit its filters."),
    Explanation(
      "dft-length",
      "The length or the number of parts of the signal is not supported by DFT."),
    Explanation("direction", "The direction must be forward, reverse or bidirectional."),
    Explanation("einsum-equation", "The equation of Einsum cannot be read."),
    Explanation("einsum-extent", "A letter of the equation stands for axes of different extents."),
    Explanation(
      "einsum-operands",
      "The equation of Einsum has another number of terms than there are operands."),
    Explanation(
      "einsum-output",
      "The result of the equation names a letter twice, or one that no term has."),
    Explanation(
      "einsum-rank",
      "A term of the equation names another number of axes than its operand has."),
    Explanation("eye-rank", "EyeLike takes a matrix."),
    Explanation("gather-batch", "batch_dims must be smaller than the ranks of data and indices."),
    Explanation("gather-rank", "GatherElements needs data and indices of the same rank."),
    Explanation("grid-mode", "GridSample has no such mode."),
    Explanation("grid-padding", "GridSample has no such padding_mode."),
    Explanation("grid-shape", "The grid does not fit the image."),
    Explanation("grid-size", "theta and size of AffineGrid do not fit together."),
    Explanation("group-count", "The channels are no multiple of the number of groups."),
    Explanation("hidden-size", "hidden_size differs from what the weights say."),
    Explanation("index-depth", "The last axis of the indices names more axes than the data has."),
    Explanation("index-range", "An axis is shorter than the indices need."),
    Explanation("index-shape", "An index tensor does not broadcast to the shape of the result."),
    Explanation(
      "inlining-limit",
      "The functions of the model nest more than 32 deep, or stand for over a million nodes."),
    Explanation("feature-norm", "A Normalizer takes rows, and the norm MAX, L1 or L2."),
    Explanation("feature-rank", "Features are a vector, or rows of one table."),
    Explanation("feature-strings", "Features that are strings are not supported."),
    Explanation("feature-width", "There must be one number for all features, or one for each."),
    Explanation(
      "label-table", "A LabelEncoder needs as many keys as values, of the types of its tensors."),
    Explanation("linear-shape", "The weights of a linear model do not fit features and targets."),
    Explanation("det-shape", "Det needs square matrices."),
    Explanation("det-size", "Det of more than 64 rows is not supported."),
    Explanation("linear-attention-shape", "The operands of LinearAttention do not fit together."),
    Explanation(
      "loop-condition",
      "A Loop that carries sequences is unrolled, so its condition must be known at import."),
    Explanation("loop-form", "A Loop and its body have numbers of values that do not fit."),
    Explanation(
      "branch-sequences",
      "The branches of an If give sequences of different lengths: fix one with --sequence."),
    Explanation(
      "form-name", "--sequence, --shape and --absent name inputs or outputs that the model has."),
    Explanation("loop-stack", "A Loop that carries sequences stacks the results of no turn."),
    Explanation("loop-turns", "A Loop that carries sequences has more than 1024 turns."),
    Explanation("loop-state", "What a Loop carries must keep its type and shape."),
    Explanation("loss-rank", "A loss needs scores with a batch and classes."),
    Explanation("loss-reduction", "The reduction must be none, sum or mean."),
    Explanation("loss-shape", "The scores and the classes of a loss differ in shape."),
    Explanation("lrn-size", "LRN needs a positive size and channels."),
    Explanation(
      "mel-size",
      "The size of a MelWeightMatrix must be known: as a constant, or from the declared result."),
    Explanation(
      "map-value",
      "Dictionaries are not supported. For scikit-learn models, convert with zipmap switched off."),
    Explanation("multinomial-shape", "Multinomial takes scores of rank 2 and counts samples."),
    Explanation("nms-shape", "The boxes and scores of NonMaxSuppression do not fit together."),
    Explanation("nonzero-rank", "NonZero of a scalar is not supported."),
    Explanation("norm-power", "LpNormalization takes p = 1 or p = 2."),
    Explanation("onehot-depth", "OneHot needs a positive depth."),
    Explanation("onehot-values", "OneHot needs two values: off and on."),
    Explanation("optional-empty", "The element of an optional value that is not there."),
    Explanation("optional-present", "A value that --absent names is there."),
    Explanation("optimizer-mode", "The mode must be standard or nesterov."),
    Explanation("pool-empty", "MaxPool of an image without pixels."),
    Explanation("pool-indices", "Indices of so large windows are not supported."),
    Explanation("pool-power", "LpPool needs p of at least 1."),
    Explanation("random-shape", "Random numbers need a known shape and a type of real numbers."),
    Explanation("recurrent-bias", "The bias of a recurrent layer has the wrong length."),
    Explanation("recurrent-directions", "An operand has fewer directions than the layer."),
    Explanation("recurrent-rank", "A recurrent layer takes operands of rank 3."),
    Explanation(
      "recurrent-shape",
      "The weights do not have the number of gates that the layer needs."),
    Explanation(
      "recurrent-step",
      "The functions of a recurrent step do not fit its gates and states."),
    Explanation("recurrent-type", "Recurrent layers are supported for f32."),
    Explanation(
      "resize-policy",
      "keep_aspect_ratio_policy must be stretch, not_larger or not_smaller."),
    Explanation("resize-range", "Resize of nothing, or to less than 1 in 256, is not supported."),
    Explanation("resize-type", "Interpolation of this element type is not supported."),
    Explanation("roi-sampling", "RoiAlign needs a fixed sampling_ratio."),
    Explanation("roi-shape", "The regions do not fit the image."),
    Explanation("rotary-shape", "The number of heads does not fit the tensor."),
    Explanation("rotary-table", "The tables of RotaryEmbedding do not fit the positions."),
    Explanation(
      "rotary-width",
      "rotary_embedding_dim must be even and at most the width of a head."),
    Explanation("scan-form", "A Scan and its body have numbers of values that do not fit."),
    Explanation("scan-inputs", "num_scan_inputs does not fit the operands and the body."),
    Explanation("scan-batch", "Scan before opset 9 needs a batch that is known, of at most 256."),
    Explanation("scan-lengths", "Scan of sequences of different lengths is not supported."),
    Explanation("scatter-mode", "The mode must be linear or circular."),
    Explanation("scatter-reduction", "The reduction must be none, add, mul, min or max."),
    Explanation("scatter-shape", "Scatter needs indices and updates of the same shape."),
    Explanation("sequence-lengths", "A recurrent layer needs one length per sequence."),
    Explanation("sequence-empty", "ConcatFromSequence needs at least one tensor."),
    Explanation("sequence-map", "The sequences and the body of SequenceMap do not fit together."),
    Explanation(
      "sequence-length",
      "How many elements a sequence has must be known at import: fix it with --sequence NAME=COUNT."
    ),
    Explanation("sequence-missing", "This operand must be a sequence."),
    Explanation("sequence-operand", "This operator is not supported for sequences."),
    Explanation("sequence-position", "A position must lie inside the sequence."),
    Explanation("shift-direction", "The direction must be LEFT or RIGHT."),
    Explanation("stft-length", "The frames of STFT do not fit the signal."),
    Explanation("stft-step", "STFT needs a signal of rank 3 and a positive step."),
    Explanation(
      "svm-form",
      "The numbers of a support vector machine do not fit together, or it has no vectors."),
    Explanation(
      "svm-probability", "Probabilities of more than two classes are not supported for SVMs."),
    Explanation("topk-count", "k must not be negative, nor larger than the axis."),
    Explanation("tree-aggregate", "The aggregate function of a tree ensemble does not exist."),
    Explanation("tree-base", "A tree ensemble needs one base value per target or class."),
    Explanation(
      "tree-binary", "Trees for two classes with weights for the second one are not supported."),
    Explanation(
      "tree-columns", "The lists that describe the nodes or weights of trees differ in length."),
    Explanation("tree-depth", "A tree is deeper than 1000 nodes, or its nodes lead in a circle."),
    Explanation("tree-features", "Trees take rows of as many features as their nodes ask for."),
    Explanation(
      "tree-labels", "Only classifiers with two or more whole labels are supported."),
    Explanation("tree-link", "A node of a tree leads to a node or leaf that does not exist."),
    Explanation(
      "tree-members",
      "Each node that tests for membership needs a set of its own that is not empty."),
    Explanation("tree-mode", "The comparison that a node of a tree asks for does not exist."),
    Explanation(
      "tree-targets", "A leaf names a target that does not exist, or there are too many targets."),
    Explanation(
      "tree-transform", "The function that follows the scores is not supported here."),
    Explanation("tree-type", "The numbers of trees must be f32, f64 or u8."),
    Explanation("trilu-rank", "Trilu takes tensors of at least two axes."),
    Explanation("unpool-output", "output_shape is smaller than the image."),
    Explanation("unpool-shape", "Values, indices and kernel of MaxUnpool do not fit together."),
    Explanation("update-rule", "update_rule must be linear, gated, delta or gated_delta."),
  ]
}
