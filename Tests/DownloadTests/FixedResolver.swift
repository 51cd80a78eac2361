import Download
import Synchronization

/// A resolver that knows what a test tells it, and what it was asked.
final class FixedResolver: HostResolver {
    private let answers: Mutex<[String: [[String]]]>
    private let log = Mutex<[String]>([])

    /// Each name has the same addresses every time.
    init(_ answers: [String: [String]]) { self.answers = Mutex(answers.mapValues { [$0] }) }

    /// Each name has other addresses at each question; the last ones stay.
    init(changing answers: [String: [[String]]]) { self.answers = Mutex(answers) }

    /// The names that were asked for.
    var asked: [String] { log.withLock(\.self) }

    func addresses(of host: String) async throws -> [IPAddress] {
        log.withLock { $0.append(host) }
        return answers.withLock { answers in
            guard let list = answers[host], let first = list.first else { return [] }
            if list.count > 1 { answers[host] = Array(list.dropFirst()) }
            return first.compactMap { IPAddress($0) }
        }
    }
}
