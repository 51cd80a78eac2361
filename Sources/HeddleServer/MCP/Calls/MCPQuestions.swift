import HeddleMCP
import JSON
import Synchronization

/// What an extension of the modern era needs to know, asked one by one of a client of the legacy era.
enum MCPQuestions {
    /// Asks everything that a result of the type `input_required` asks.
    ///
    /// - Parameters:
    ///   - result: The result.
    ///   - ask: Asks the client.
    ///   - told: Gets the member `inputResponses` with a comma before it, once all is answered; what the client refused is
    ///     missing, and the extension decides what that means.
    static func ask(
        _ result: JSONView,
        _ ask: @Sendable (MCPAsk) -> Void,
        told: @escaping @Sendable ([UInt8]) -> Void
    ) {
        let requests = result["inputRequests"]?.members.map { $0 } ?? []
        guard !requests.isEmpty else { return told([]) }
        let box = Answers(requests.count, told: told)
        for (key, request) in requests {
            let name = Array(key.bytes)
            ask(
                MCPAsk(method: request["method"]?.string ?? "", params: request["params"]) { outcome in
                    box.add(name, outcome)
                }
            )
        }
    }

    private final class Answers: Sendable {
        private let answers: Mutex<(left: Int, found: [(key: [UInt8], answer: [UInt8])])>
        private let told: @Sendable ([UInt8]) -> Void

        init(_ count: Int, told: @escaping @Sendable ([UInt8]) -> Void) {
            answers = Mutex((count, []))
            self.told = told
        }

        func add(_ key: [UInt8], _ outcome: Result<[UInt8], MCPFailure>) {
            let found = answers.withLock { state -> [(key: [UInt8], answer: [UInt8])]? in
                state.left -= 1
                if case .success(let answer) = outcome { state.found.append((key, answer)) }
                return state.left == 0 ? state.found : nil
            }
            guard let found else { return }
            var bytes = Array(#","inputResponses":{"#.utf8)
            for (index, (key, answer)) in found.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += key + [UInt8(ascii: ":")] + answer
            }
            bytes.append(UInt8(ascii: "}"))
            told(bytes)
        }
    }
}
