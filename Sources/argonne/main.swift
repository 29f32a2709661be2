import ArgonneModels
import ArgonneTraining
import Foundation
import PJRT
import SPMD
import StableHLO

let args = CommandLine.arguments
let mesh = try Mesh(parsing: args.count > 1 ? args[1] : "data=1")
let B = 8, T = 256
let config = try ModelConfiguration(named: args.count > 2 ? args[2] : "argonne-tiny")
let model = try config.model()
print(model.parameterCount)
let runtime = try Runtime(.cpu, mesh: mesh, cache: nil)
let plan = try ModelPlan(model, mesh: mesh)
let schedule = LearningRateSchedule(peak: 3e-4, minimum: 3e-5, warmupSteps: 5, totalSteps: 100)
var t = Date()
var state = try TrainingState.initial(plan, seed: 1, on: runtime)
print("init", Date().timeIntervalSince(t)); t = Date()
let layout = BatchLayout(microBatch: B / mesh.size(.data), sequenceLength: T)
if args.contains("--dump") { let g = try TrainingStep.graph(plan, AdamW(), schedule, layout, hasSegments: false); print(try g.graph.stableHLO(results: g.results.map(\.value))) }
let step = try TrainingStep(plan, AdamW(), schedule, layout, on: runtime)
print("compile", Date().timeIntervalSince(t))
var rng = SystemRandomNumberGenerator()
for i in 0..<10 {
    t = Date()
    let tokens = (0..<(B * (T + 1))).map { Int32(($0 * 7919 + i * 31) % 259) }
    var x: [Int32] = [], y: [Int32] = []
    for b in 0..<B { let s = b * (T + 1); x += tokens[s..<(s + T)]; y += tokens[(s + 1)..<(s + T + 1)] }
    let o = try step.run(&state, tokens: x, labels: y)
    let r = try o.read()
    print(i, r, Date().timeIntervalSince(t))
}
