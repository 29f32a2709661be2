/// Small StableHLO programs that the tests run.
enum Programs {
    /// x ↦ x for any element type and shape, written as an operation so that the result is a new buffer.
    static func copy(_ type: String) -> String {
        """
        module @copy {
          func.func public @main(%x: \(type)) -> \(type) {
            %y = stablehlo.optimization_barrier %x : \(type)
            return %y : \(type)
          }
        }
        """
    }

    /// (x, y) ↦ (x + y, x · y), elementwise over four floats.
    static let sumAndProduct = """
        module @sum_and_product {
          func.func public @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
            %s = stablehlo.add %x, %y : tensor<4xf32>
            %p = stablehlo.multiply %x, %y : tensor<4xf32>
            return %s, %p : tensor<4xf32>, tensor<4xf32>
          }
        }
        """

    /// A step as in training: the state is donated and takes the result's place, and its sum is the "loss".
    static func donatedStep(count: Int) -> String {
        """
        module @donated_step {
          func.func public @main(%state: tensor<\(count)xf32> {tf.aliasing_output = 0 : i32}, %delta: tensor<f32>)
              -> (tensor<\(count)xf32>, tensor<f32>) {
            %d = stablehlo.broadcast_in_dim %delta, dims = [] : (tensor<f32>) -> tensor<\(count)xf32>
            %next = stablehlo.add %state, %d : tensor<\(count)xf32>
            %zero = stablehlo.constant dense<0.0> : tensor<f32>
            %sum = stablehlo.reduce(%next init: %zero) applies stablehlo.add across dimensions = [0]
              : (tensor<\(count)xf32>, tensor<f32>) -> tensor<f32>
            return %next, %sum : tensor<\(count)xf32>, tensor<f32>
          }
        }
        """
    }

    /// The sum of four floats over all replicas of the given groups.
    static func allReduce(groups: [[Int]]) -> String {
        let rows = groups.map { "[\($0.map(String.init).joined(separator: ", "))]" }.joined(separator: ", ")
        return """
            module @all_reduce {
              func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
                %r = "stablehlo.all_reduce"(%x) ({
                ^bb0(%a: tensor<f32>, %b: tensor<f32>):
                  %s = stablehlo.add %a, %b : tensor<f32>
                  stablehlo.return %s : tensor<f32>
                }) {replica_groups = dense<[\(rows)]> : tensor<\(groups.count)x\(groups[0].count)xi64>}
                  : (tensor<4xf32>) -> tensor<4xf32>
                return %r : tensor<4xf32>
              }
            }
            """
    }

    /// (a[m,k], b[k,n]) ↦ a·b.
    static func matmul(_ m: Int, _ k: Int, _ n: Int) -> String {
        """
        module @matmul {
          func.func public @main(%a: tensor<\(m)x\(k)xf32>, %b: tensor<\(k)x\(n)xf32>) -> tensor<\(m)x\(n)xf32> {
            %c = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0]
              : (tensor<\(m)x\(k)xf32>, tensor<\(k)x\(n)xf32>) -> tensor<\(m)x\(n)xf32>
            return %c : tensor<\(m)x\(n)xf32>
          }
        }
        """
    }

    /// No arguments: [0, 1, …, 5] as two rows of three.
    static let iota = """
        module @iota {
          func.func public @main() -> tensor<2x3xi32> {
            %x = stablehlo.iota dim = 0 : tensor<6xi32>
            %y = stablehlo.reshape %x : (tensor<6xi32>) -> tensor<2x3xi32>
            return %y : tensor<2x3xi32>
          }
        }
        """
}
