import ArgumentParser

/// How results are printed, for commands with and without a server.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("How results are printed (default: HEDDLE_OUTPUT, then table).", valueName: "output")
    )
    private var chosen: OutputFormat?

    init() {}

    /// The form that was asked for.
    var format: OutputFormat { chosen ?? Self.usual ?? .table }

    func validate() throws {
        guard let variable = Self.variable, Self.usual == nil else { return }
        throw ValidationError("HEDDLE_OUTPUT is table or json, not '\(DisplayText.cell(variable))'.")
    }

    private static var variable: String? {
        ProcessEnvironment.variables["HEDDLE_OUTPUT"].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static var usual: OutputFormat? { variable.flatMap(OutputFormat.init(rawValue:)) }
}
