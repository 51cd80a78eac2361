import ArgumentParser

/// How much of its work a benchmark does.
struct ScaleOptions: ParsableArguments {
    @Option(help: "A share of the work, for a quick look.")
    var scale = 1.0

    func validate() throws {
        guard (0.001...10).contains(scale) else { throw ValidationError("--scale is from 0.001 to 10") }
    }
}
