import Dispatch
import HeddleMCP
import JSON
import Synchronization

/// What an extension of the modern era needs to know, asked one by one of a client of the legacy era.
final class MCPQuestions: Sendable {
    private struct State {
        var left: Int
        var answers: [(key: [UInt8], answer: [UInt8])] = []
        var asks: [MCPAsk] = []
        var told: (@Sendable ([UInt8]) -> Void)?
    }

    /// How long a client has for its answers.
    private static let patience = DispatchTimeInterval.seconds(300)
    /// How long a round without questions takes.
    private static let pause = DispatchTimeInterval.milliseconds(100)

    private let requests: [(key: [UInt8], method: String, params: JSONView?)]
    private let state: Mutex<State>

    /// - Parameters:
    ///   - result: A result of the type `input_required`.
    ///   - told: Gets the member `inputResponses` with a comma before it, once all is answered; what the client refused is
    ///     missing, and the extension decides what that means.
    init(_ result: JSONView, told: @escaping @Sendable ([UInt8]) -> Void) {
        requests = (result["inputRequests"]?.members.map { $0 } ?? [])
            .map { ($0.name.compactBytes, $0.value["method"]?.string ?? "", $0.value["params"]) }
        state = Mutex(State(left: requests.count, told: told))
    }

    /// Asks everything.
    func ask(_ ask: @Sendable (MCPAsk) -> Void) {
        guard !requests.isEmpty else {
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.pause) { self.finish([]) }
            return
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { [weak self] in self?.giveUp() }
        for (key, method, params) in requests {
            let question = MCPAsk(method: method, params: params) { self.add(key, $0) }
            state.withLock { $0.asks.append(question) }
            ask(question)
        }
    }

    /// Nobody will answer any more.
    func giveUp() {
        let asks = state.withLock { state in
            defer { state.asks = [] }
            return state.asks
        }
        for ask in asks {
            ask.refuse(MCPFailure(code: MCPErrorCode.internalError.rawValue, message: "nobody answered"))
        }
    }

    private func add(_ key: [UInt8], _ outcome: Result<[UInt8], MCPFailure>) {
        let answers = state.withLock { state -> [(key: [UInt8], answer: [UInt8])]? in
            state.left -= 1
            if case .success(let answer) = outcome { state.answers.append((key, answer)) }
            return state.left == 0 ? state.answers : nil
        }
        guard let answers else { return }
        // Those who refuse at once are not asked again at once.
        guard !answers.isEmpty else {
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.pause) { self.finish([]) }
            return
        }
        var bytes = Array(#","inputResponses":{"#.utf8)
        for (index, (key, answer)) in answers.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += key + [UInt8(ascii: ":")] + answer
        }
        bytes.append(UInt8(ascii: "}"))
        finish(bytes)
    }

    private func finish(_ bytes: [UInt8]) {
        let told = state.withLock { state in
            defer {
                state.told = nil
                state.asks = []
            }
            return state.told
        }
        told?(bytes)
    }
}
