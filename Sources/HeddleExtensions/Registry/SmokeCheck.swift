import HeddleMCP
import HeddleModel
import JSON

/// What a program has to show in its trial beyond starting and listing its tools.
enum SmokeCheck {
    /// Asks the tools that the manifest names to be there, and its health check to succeed.
    ///
    /// - Throws: ``HeddleError`` with `smokeCheckFailed`, or what the conversation throws.
    static func run(_ started: InstanceLauncher.Started, _ manifest: Manifest) async throws {
        let offered = Set(started.tools.map(\.name))
        let missing = manifest.capabilities.flatMap { capability in
            capability.tools.filter { !offered.contains($0) }.map { "'\($0)' of '\(capability.id)'" }
        }
        guard missing.isEmpty else {
            throw failure("does not offer what its manifest declares: \(missing.joined(separator: ", ").clipped(400))")
        }
        guard let check = manifest.healthCheck, let name = check.capability else { return }
        guard let tool = started.tools.first(where: { $0.name == name }) else {
            throw failure("does not offer '\(name.clipped(128))', which its health check calls")
        }
        let parameters = try check.parameters.map { try JSONDocument($0.bytes).root }
        try tool.contract.checkParameters(parameters)
        let outcome = try await started.instance.connection.callTool(
            name,
            arguments: parameters,
            era: started.instance.greeting.era,
            timeout: .seconds(check.timeoutSeconds)
        )
        switch outcome {
        case .result(let result) where result["isError"]?.bool != true: return
        case .result(let result):
            let text = result["content"]?.elements.first { $0["text"] != nil }?["text"]?.string ?? ""
            throw failure("fails its own health check: \(text.clipped(300))")
        case .failure(let error): throw failure("refuses its own health check: \(error.message.clipped(300))")
        }
    }

    private static func failure(_ what: String) -> HeddleError {
        HeddleError(.smokeCheckFailed, "the extension \(what)")
    }
}
