import HeddleMCP
import HeddleModel
import JSON

/// One look at whether a process works: the call that its manifest names, or any answer at all.
enum HealthProbe {
    /// Asks a process.
    ///
    /// - Throws: ``HeddleError`` with `smokeCheckFailed`, or what the conversation throws.
    static func run(
        _ instance: ExtensionInstance,
        _ check: Manifest.HealthCheck,
        _ tools: [ToolDefinition]
    ) async throws {
        let (connection, era) = (instance.connection, instance.greeting.era)
        let timeout = Duration.seconds(check.timeoutSeconds)
        guard let name = check.capability else { return try await connection.awaitAnswer(era: era, timeout: timeout) }
        guard let tool = tools.first(where: { $0.name == name }) else {
            throw failure("does not offer '\(name.clipped(128))', which its health check calls")
        }
        let parameters = try check.parameters.map { try JSONDocument($0.bytes).root }
        try tool.contract.checkParameters(parameters)
        switch try await connection.callTool(name, arguments: parameters, era: era, timeout: timeout) {
        case .result(let result) where result["isError"]?.bool != true: return
        case .result(let result):
            let text = result["content"]?.elements.first { $0["text"] != nil }?["text"]?.string ?? ""
            throw failure("fails its own health check: \(text.clipped(300))")
        case .failure(let error): throw failure("refuses its own health check: \(error.message.clipped(300))")
        }
    }

    static func failure(_ what: String) -> HeddleError {
        HeddleError(.smokeCheckFailed, "the extension \(what)")
    }
}
