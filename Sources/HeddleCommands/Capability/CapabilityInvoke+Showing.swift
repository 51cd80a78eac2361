import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

extension CapabilityInvoke {
    /// Prints what a call came to.
    ///
    /// - Throws: ``HeddleError`` or an exit status when the tool failed.
    func show(_ invocation: Invocation) throws {
        let result = invocation.result.map(ToolResult.init)
        let hasFailed = result?.isError ?? false || invocation.error != nil || invocation.status == "failed"
        switch global.output {
        case .json:
            Terminal.output.json(invocation.json)
            if hasFailed { throw ExitCode.failure }
        case .table:
            try show(result, invocation, hasFailed)
        }
    }

    private func show(_ result: ToolResult?, _ invocation: Invocation, _ hasFailed: Bool) throws {
        guard let result else {
            throw invocation.error ?? HeddleError(.internalError, "the call ended without a result")
        }
        if raw {
            Terminal.output.json(result.json)
        } else if hasFailed {
            let text = result.text
            Terminal.error.foreign(text.isEmpty ? "error: the tool failed and gave no reason" : text)
        } else if !result.text.isEmpty {
            Terminal.output.foreign(result.text)
        }
        if hasFailed { throw ExitCode.failure }
    }
}
