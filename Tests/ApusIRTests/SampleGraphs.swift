import ApusIR

/// Graphs in their text form, exactly as they are printed.
enum SampleGraphs {
  static let texts: [String] = [
    "graph @empty() -> () {\n  return\n}\n",
    """
    graph @digits(%image: tensor<Nx1x8x8xf32>) -> (probabilities: tensor<Nx64xf32>) \
    where N = 1..64, M = 0.. {
      %flat = reshape %image {shape = <Nx64>} : tensor<Nx64xf32>  @ "Reshape \\"r\\""
      %0 = softmax %flat {axis = 1} : tensor<Nx64xf32>  @ "Softmax", "a\\nb"
      return %0
    }

    """,
    """
    graph @"odd name"(%"0": tensor<f32>, %"a b": tensor<(2*N+1)x8xf32>, \
    %0: tensor<(max_len)x("batch size")x0xi64>) -> ("": tensor<f32>, out.1: tensor<(2*N+1)x8xf32>) \
    where "batch size" = 1..9223372036854775807 {
      return %"0", %"a b"
    }

    """,
    """
    graph @types(%a: tensor<2x3x4x5xf16, order(0,2,3,1) halo(2:1:1,3:1:0)>, \
    %b: tensor<4xi8, q(0.02:-3)>, %c: tensor<(floordiv(N+1,2))x(-N+8)x(max(N,M))xbf16>) -> \
    (a: tensor<2x3x4x5xf16, order(0,2,3,1) halo(2:1:1,3:1:0)>) {
      %0 = constant @w 0x0000803f : tensor<f32>
      %1 = constant 0x : tensor<0x4xu8>
      %2 = extents {of = <Nx(2*N)x3>} : tensor<3xi64>
      %3 = relayout %a {layout = <>} : tensor<2x3x4x5xf16>
      %4 = relayout %3 {layout = <order(0,2,3,1)>} : tensor<2x3x4x5xf16, order(0,2,3,1)>
      return %a
    }

    """,
    """
    graph @functions(%x: tensor<4xf32>, %i: tensor<4xi64>) -> (y: tensor<4xf32>) {
      %0 = map %x {f = (a: f32) t0 = exp(a); add(t0, mul(t0, nan:f32))} : tensor<4xf32>
      %1 = map %0, %i {f = (a: f32, b: i64) select(lt(a, -0.0:f32), f32(b), -inf:f32)} : \
    tensor<4xf32>
      %2 = map %1 {f = (a: f32) add(a, nan(0x7ff8000000000001):f32)} : tensor<4xf32>
      %3 = map {f = () 1e-05:f32} : tensor<f32>
      %4 = map %2 {f = (a: f32) select(isnan(a), 1e+300:f32, a)} : tensor<4xf32>
      %5 = map %i {f = (a: i64) f32(add(a, -9223372036854775808:i64))} : tensor<4xf32>
      return %5
    }

    """,
    """
    graph @fused(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: tensor<4xf32>) -> \
    (y: tensor<2x4xf32>) {
      %0 = kernel %a, %b, %c : tensor<2x4xf32>  @ "MatMul", "Relu" \
    do (%0: tensor<2x3xf32>, %1: tensor<3x4xf32>, %2: tensor<4xf32>) -> (y: tensor<2x4xf32>) {
        %3 = matmul %0, %1 : tensor<2x4xf32>
        %4 = map %3, %2 {f = (a: f32, b: f32) max(add(a, b), 0.0:f32)} : tensor<2x4xf32>
        return %4
      }
      return %0
    }

    """,
    """
    graph @layers(%x: tensor<5x2x16xf32>, %r: tensor<16x4xf32>, %h: tensor<2x4xf32>, \
    %image: tensor<1x4x9x9xf32>, %w: tensor<6x2x3x3xf32>) -> (all: tensor<5x2x4xf32>) {
      %all, %0, %1 = lstm %x, %r, %h, %h {reverse = true} : tensor<5x2x4xf32>, \
    tensor<2x4xf32>, tensor<2x4xf32>
      %2 = conv %image, %w {extents = [3, 3], strides = [2, 2], before = [1, 1], after = [1, 1], \
    groups = 2} : tensor<1x6x5x5xf32>
      %3 = pool %2 {kind = sum, extents = [2, 2], dilations = [2, 2]} : tensor<1x6x3x3xf32>
      %4 = reduce %3 {kind = product, axes = [2, 3]} : tensor<1x6x1x1xf32>
      %5 = arg_reduce %3 {kind = min, axis = 1, last = true} : tensor<1x1x3x3xi64>
      %6 = normalize %3 {axis = 2, centered = false, epsilon = 1e-12} : tensor<1x6x3x3xf32>
      %7 = constant 0x00000000 : tensor<f32>
      %8 = pad %6, %7 {before = [0, 0, 1, -1], after = [0, 0, 0, 0], mode = reflect} : \
    tensor<1x6x4x2xf32>
      %9 = gather %8, %5 {axis = 3} : tensor<1x6x4x1x1x3x3xf32>
      %10 = slice %8 {starts = [0, 5, 0, 1], steps = [1, -2, 1, 1], shape = <1x3x4x1>} : \
    tensor<1x3x4x1xf32>
      %11 = broadcast %10 {shape = <1x3x4x7>} : tensor<1x3x4x7xf32>
      %12 = transpose %11 {permutation = [0, 2, 3, 1]} : tensor<1x4x7x3xf32>
      %13 = concat %12, %12 {axis = 3} : tensor<1x4x7x6xf32>
      return %all
    }

    """,
  ]
}
