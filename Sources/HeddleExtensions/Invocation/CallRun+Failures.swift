import HeddleMCP
import HeddleModel
import HeddleResilience
import HeddleTelemetry

/// What the end of a try means: for the process that had it, for the breaker, and for the next try.
extension CallRun {
    /// Whether the process may have begun to work on the request.
    static func wasSent(_ error: any Error) -> Bool {
        guard let failure = error as? HeddleError else { return true }
        return failure.details["sent"] != "false" && failure.code != .tooManyRequests
    }

    /// Whether another try may end differently.
    static func isWorthAnother(_ error: HeddleError) -> Bool {
        switch error.code {
        case .extensionCrashed, .deadlineExceeded, .extensionProtocol, .tooManyRequests: true
        default: false
        }
    }

    /// What the end of a call says of the process that had it.
    static func outcome(_ result: Result<MCPOutcome, any Error>) -> CallOutcome {
        guard case .failure(let error) = result else { return .success }
        guard wasSent(error) else { return .neutral }
        switch (error as? HeddleError)?.code {
        case .deadlineExceeded, .extensionProtocol, .extensionCrashed: return .failure
        default: return .neutral
        }
    }

    /// Whether the call ended because its connection did, with all others of the process.
    static func isEndOfConnection(_ result: Result<MCPOutcome, any Error>) -> Bool {
        guard case .failure(let error as HeddleError) = result else { return false }
        return error.details["connection"] == "ended"
    }

    static let cancelled = HeddleError(.cancelled, "the caller went away")

    static func circuitOpen(_ target: InvocationService.Target, _ wait: Duration) -> HeddleError {
        HeddleError(
            .circuitOpen,
            "'\(target.tool.name)' of '\(target.entry.registered.name)' failed so often that it is not called for a while",
            details: [
                "extension": target.entry.registered.name.rawValue, "capability": target.tool.name,
                "retry_after_ms": wait.milliseconds,
            ]
        )
    }

    /// Whether a failure only says that a second process was not to be had.
    static func isAbandoned(_ error: any Error) -> Bool {
        (error as? HeddleError)?.details["hedge"] == "abandoned"
    }

    static let abandoned = HeddleError(
        .overloaded,
        "no other process is free for the call",
        details: ["hedge": "abandoned"]
    )
}

extension HeddleError {
    /// The same error, of a call that never left the server.
    var unsent: HeddleError {
        HeddleError(
            code,
            message,
            details: details.merging(["sent": "false"]) { $1 },
            violations: violations,
            cause: cause
        )
    }
}

extension CallFailure {
    /// What a call came to; nil when it worked.
    init?(_ answer: Result<InvocationService.Answer, any Error>) {
        switch answer {
        case .success(let answer):
            guard answer.isFailure else { return nil }
            self = .extensionError
        case .failure(let error): self.init(error)
        }
    }

    /// What a failure counts as.
    init(_ error: any Error, isBegun: Bool = true) {
        switch (error as? HeddleError)?.code {
        case .deadlineExceeded: self = .timeout
        case .cancelled: self = .cancelled
        case .extensionCrashed, .startFailed: self = .crash
        default: self = isBegun ? .extensionError : .refused
        }
    }
}

extension CallOutcome {
    var forBreaker: CircuitBreaker.Outcome {
        switch self {
        case .success: .success
        case .failure: .failure
        case .neutral: .neutral
        }
    }
}
