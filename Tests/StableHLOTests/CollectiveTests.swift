import PJRT
import StableHLO
import TestSupport
import Testing

/// Collectives on virtual devices: what they compute, and gradients equal to those of the same mathematics on one device.
@Suite struct CollectiveTests {
    static let deviceCounts = [2, 4, 8]
    static func all(_ count: Int) -> ReplicaGroups { ReplicaGroups([Array(0..<count)]) }

    /// Row d of a tensor for device d.
    static func dealt(_ tensor: HostTensor) -> [HostTensor] {
        let count = tensor.type.shape[0]
        let size = tensor.numbers.count / count
        return (0..<count).map { HostTensor(Array(tensor.numbers[($0 * size)..<(($0 + 1) * size)]), Array(tensor.type.shape.dropFirst())) }
    }

    @Test(arguments: deviceCounts) func forward(_ n: Int) throws {
        let x = (0..<n).map { d in [HostTensor((0..<n).map { Double(10 * d + $0) })] }
        let halves = ReplicaGroups([Array(0..<(n / 2)), Array((n / 2)..<n)])
        let y = try Evaluator.run(devices: n, x) { graph, x in
            let everyone = Self.all(n)
            return [
                x[0].allReduced(over: everyone), x[0].allMaximum(over: everyone), x[0].allGathered(0, over: everyone),
                x[0].reduceScattered(0, over: everyone), x[0].permuted(pairs: (1..<n).map { [$0 - 1, $0] }),
                x[0].reshaped([n, 1]).allToAll(split: 0, join: 1, over: everyone), x[0].allReduced(over: halves), graph.replicaID,
                x[0].fannedOut(over: everyone),
            ]
        }
        for d in 0..<n {
            let own = (0..<n).map { Double(10 * d + $0) }
            let sum = { (devices: Range<Int>) in (0..<n).map { i in devices.map { Double(10 * $0 + i) }.reduce(0, +) } }
            #expect(y[d][0].numbers == sum(0..<n))
            #expect(y[d][1].numbers == (0..<n).map { Double(10 * (n - 1) + $0) })
            #expect(y[d][2].numbers == (0..<n).flatMap { e in (0..<n).map { Double(10 * e + $0) } })
            #expect(y[d][3].numbers == [sum(0..<n)[d]])
            #expect(y[d][4].numbers == (d == 0 ? own.map { _ in 0 } : own.map { $0 - 10 }))
            #expect(y[d][5] == HostTensor((0..<n).map { Double(10 * $0 + d) }, [1, n]))
            #expect(y[d][6].numbers == sum(d < n / 2 ? 0..<(n / 2) : (n / 2)..<n))
            #expect(y[d][7] == HostTensor(UInt32(d)))
            #expect(y[d][8].numbers == own)
        }
    }

    @Test(arguments: deviceCounts) func gradientsOfColumnsThenRows(_ n: Int) throws {
        // Megatron's pair: the first matrix is divided by columns, the second by rows.
        let x = HostTensor.normal([3, 4], seed: 1)
        let (a, b) = (HostTensor.normal([n, 4, 2], seed: 2), HostTensor.normal([n, 2, 4], seed: 3))
        let whole = try Evaluator.run([x, a, b]) { graph, x in
            let hidden = tanh(einsum("td,nde->tne", x[0], x[1]))
            let y = einsum("tne,ned->td", hidden, x[2]) + x[0]
            let loss = (y * y).sum()
            return [loss] + gradients(of: loss, withRespectTo: x)
        }
        let parts = try Evaluator.run(devices: n, zip(Self.dealt(a), Self.dealt(b)).map { [x, $0, $1] }) { _, x in
            let hidden = tanh(einsum("td,de->te", x[0].fannedOut(over: Self.all(n)), x[1]))
            let y = einsum("te,ed->td", hidden, x[2]).allReduced(over: Self.all(n)) + x[0]
            let loss = (y * y).sum()
            return [loss] + gradients(of: loss, withRespectTo: x)
        }
        for d in 0..<n {
            #expect(parts[d][0].isClose(to: whole[0], 1e-12))
            #expect(parts[d][1].isClose(to: whole[1], 1e-12))
            #expect(parts[d][2].isClose(to: Self.dealt(whole[2])[d], 1e-12))
            #expect(parts[d][3].isClose(to: Self.dealt(whole[3])[d], 1e-12))
        }
    }

    @Test(arguments: deviceCounts) func gradientsOfDividedData(_ n: Int) throws {
        let (w, x) = (HostTensor.normal([3, 3], seed: 1), HostTensor.normal([n, 2, 3], seed: 2))
        let whole = try Evaluator.run([w, x]) { _, x in
            gradients(of: (sin(einsum("ntd,de->nte", x[1], x[0]))).mean(), withRespectTo: [x[0]])
        }
        let parts = try Evaluator.run(devices: n, Self.dealt(x).map { [w, $0] }) { _, x in
            let own = sin(einsum("td,de->te", x[1], x[0].fannedOut(over: Self.all(n)))).mean()
            return gradients(of: own.allReduced(over: Self.all(n)) / Double(n), withRespectTo: [x[0]])
        }
        for part in parts { #expect(part[0].isClose(to: whole[0], 1e-13)) }
    }

    @Test(arguments: deviceCounts) func gradientsOfGatherScatterAndExchange(_ n: Int) throws {
        // Each device has a row of x. Weights u, different on each device, make every path visible.
        let (x, u) = (HostTensor.normal([n, 2 * n], seed: 1), HostTensor.normal([n, n, 2 * n], seed: 2))
        let whole = try Evaluator.run([x, u]) { graph, x in
            let gathered = (sin(x[0]) * x[1]).sum()  // Every device d uses all rows, weighted with u[d].
            let column = einsum("nm,nm->m", x[0], x[0])  // Sum over devices, of which each keeps two columns.
            let scattered = (column * column * x[1].sliced(0, 0..<1).sliced(1, 0..<1).reshaped([2 * n])).sum()
            let shifted = (x[0].sliced(0, 0..<(n - 1)) * x[0].sliced(0, 1..<n)).sum()
            let exchanged = (x[0].reshaped([n, n, 2]).transposed([1, 0, 2]).reshaped([n, 2 * n]) * x[0] * x[0]).sum()
            let loss = gathered + scattered + shifted + exchanged
            return [loss] + gradients(of: loss, withRespectTo: [x[0]])
        }
        let first = HostTensor(Array(u.numbers.prefix(2 * n)), [n, 2])
        let parts = try Evaluator.run(devices: n, (0..<n).map { [Self.dealt(x)[$0], Self.dealt(u)[$0], Self.dealt(first)[$0]] }) {
            graph, x in
            let everyone = Self.all(n)
            let gathered = (sin(x[0].reshaped([1, 2 * n]).allGathered(0, over: everyone)) * x[1]).sum()
            let column = (x[0] * x[0]).reduceScattered(0, over: everyone)
            let scattered = (column * column * x[2]).sum()
            let shifted = (x[0].permuted(pairs: (1..<n).map { [$0 - 1, $0] }) * x[0]).sum()
            let exchanged = (x[0].reshaped([n, 2]).allToAll(split: 0, join: 1, over: everyone).reshaped([2 * n]) * x[0] * x[0]).sum()
            let loss = (gathered + scattered + shifted + exchanged).allReduced(over: everyone)
            return [loss] + gradients(of: loss, withRespectTo: [x[0]])
        }
        for d in 0..<n {
            #expect(parts[d][0].isClose(to: whole[0], 1e-12))
            #expect(parts[d][1].isClose(to: Self.dealt(whole[1])[d], 1e-12))
        }
    }

    @Test(arguments: Recomputation.allCases) func withinALoop(_ recomputation: Recomputation) throws {
        let n = 4
        let (x, w) = (HostTensor.normal([3], seed: 1), HostTensor.normal([n, 5, 3, 3], seed: 2))
        func run(_ devices: Int, _ arguments: [[HostTensor]], _ block: @escaping (Value, Value) -> Value) throws -> [[HostTensor]] {
            try Evaluator.run(devices: devices, arguments) { graph, x in
                let y = graph.scan(carry: [x[0]], over: [x[1]], recomputation) { _, h, w in ([block(h[0], w[0])], []) }.carried[0]
                return gradients(of: (y * y).sum(), withRespectTo: x)
            }
        }
        let stacked = try Evaluator.run([w]) { _, x in [x[0].transposed([1, 0, 2, 3])] }[0]
        let whole = try run(1, [[x, stacked]]) { h, w in h + sin(einsum("i,nij->nj", h, w)).sum([0]) }[0]
        let parts = try run(n, Self.dealt(w).map { [x, $0] }) { h, w in
            h + sin(einsum("i,ij->j", h.fannedOut(over: Self.all(n)), w)).allReduced(over: Self.all(n))
        }
        let unstacked = try Evaluator.run([whole[1]]) { _, x in [x[0].transposed([1, 0, 2, 3])] }[0]
        for d in 0..<n {
            #expect(parts[d][0].isClose(to: whole[0], 1e-12))
            #expect(parts[d][1].isClose(to: Self.dealt(unstacked)[d], 1e-12))
        }
    }

    @Test func oneDeviceNeedsNoMessages() throws {
        let text = try Evaluator.text([TensorType([4], .f32)]) { _, x in
            let alone = Self.all(1)
            return [
                x[0].allReduced(over: alone).allGathered(0, over: alone).reduceScattered(0, over: alone).fannedOut(over: alone).allMaximum(
                    over: alone)
            ]
        }
        #expect(!text.contains("stablehlo."))
    }

    @Test func maximumHasNoGradient() throws {
        let y = try Evaluator.run(devices: 2, [[HostTensor(1.0)], [HostTensor(2.0)]]) { _, x in
            let shifted = x[0] - x[0].allMaximum(over: Self.all(2))
            return [shifted] + gradients(of: shifted, withRespectTo: x)
        }
        #expect(y.map { $0.map(\.number) } == [[-1, 1], [0, 1]])
    }
}
