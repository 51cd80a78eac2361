import HeddleExtensions
import HeddleMCP
import HeddleModel
import JSON

/// What an extension is asked on behalf of a client: a call of a tool, or a request that is passed on.
struct MCPWork: Sendable {
    enum Kind: Sendable {
        case tool(InvocationService.Request)
        case relay(RelayService.Request)
    }

    /// What an extension answered, and which process it was.
    struct Outcome: Sendable {
        let message: MCPOutcome
        let instance: UInt64?
    }

    let kind: Kind
    /// What the client carries on from the last round, if this is not the first.
    var state: String?
    /// The client's answers to what the last round asked, by key.
    var answers: [String: [UInt8]] = [:]
    /// The answers as they came, for extensions that asked themselves.
    var answersView: JSONView?
    /// What the request says, so that a state fits no other.
    let method: String
    let params: JSONView?
    /// Whether a result of the modern era says how long it may be kept.
    var isCacheable = false
    /// Changes a result before the client sees it.
    var adapt: (@Sendable (JSONView) -> [UInt8]?)?

    /// What a state of the request is bound to.
    var identity: [UInt8] { Array(method.utf8) + [0] + MCPParams.members(params) }

    /// Starts the work; `told` is called once, on any thread, and the closure that is returned gives it up.
    func start(
        _ services: ServerServices,
        _ caller: Caller,
        port: MCPClientPort?,
        continuation: [UInt8],
        preferred: UInt64? = nil,
        progress: (@Sendable (JSONView) -> Void)?,
        told: @escaping @Sendable (Result<Outcome, any Error>) -> Void
    ) -> @Sendable () -> Void {
        switch kind {
        case .tool(var request):
            request.port = port
            request.continuation = continuation
            request.preferredInstance = preferred
            request.progress = progress
            return services.invocations.start(caller, request) { result in
                told(result.map { Outcome(message: $0.outcome, instance: $0.instance) })
            }
        case .relay(var request):
            request.port = port
            request.params += request.params.isEmpty ? continuation.dropFirst() : continuation[...]
            request.preferredInstance = preferred ?? request.preferredInstance
            request.progress = progress
            let (relay, sent) = (services.relay, request)
            // Unstructured, because nobody waits here; the completion is told.
            let task = Task {
                do {
                    let (message, instance) = try await relay.answer(caller, sent)
                    told(.success(Outcome(message: message, instance: instance)))
                } catch {
                    told(.failure(error))
                }
            }
            return { task.cancel() }
        }
    }
}
