import Dispatch
import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Synchronization
import Testing

/// Clients that write to the same contexts as fast as they can, and what they were told.
final class ContextLoad: Sendable {
    /// What all clients were told so far.
    struct Tally {
        /// Names of contexts that were created.
        var created: Set<String> = []
        /// Agents that joined, by context.
        var joined: [String: Set<String>] = [:]
        /// Members that were set in the shared state, by context.
        var set: [String: Set<String>] = [:]
        /// Answers that were no success, by code.
        var refused: [String: Int] = [:]
        /// Refusals without a code, or with a status that does not say that it passes.
        var unclear: [String] = []
        /// Requests that had no answer.
        var lost = 0

        /// The writes that were acknowledged.
        var acknowledged: Int {
            created.count + joined.values.reduce(0) { $0 + $1.count } + set.values.reduce(0) { $0 + $1.count }
        }
    }

    /// The contexts that all clients write to.
    let shared: [String]
    private let token: String
    private let tally = Mutex(Tally())
    private let isEnded = Atomic<Bool>(false)
    private let next = Atomic<Int>(0)
    private let clients = DispatchGroup()

    /// Makes the contexts that are written to.
    ///
    /// - Throws: when they are not created.
    init(_ server: ServerFixture, contexts: Int = 3) throws {
        shared = try (0..<contexts)
            .map { try server.contextID("shared \($0)", ["configuration": ["max_participants": 10_000]]) }
        token = server.token
    }

    /// What the clients were told so far.
    var told: Tally { tally.withLock { $0 } }

    /// Starts clients, each on a thread of its own, since each waits for its answers.
    func start(port: Int, clients count: Int = 16) {
        isEnded.store(false, ordering: .relaxed)
        for _ in 0..<count {
            clients.enter()
            Thread.detach {
                self.run(port)
                self.clients.leave()
            }
        }
    }

    /// Lets every client read its last answer.
    func end() {
        isEnded.store(true, ordering: .relaxed)
        clients.wait()
    }

    /// Waits until so many more writes were acknowledged.
    func isAcknowledged(_ more: Int, seconds: Double = 60) -> Bool {
        let goal = told.acknowledged + more
        return eventually(seconds: seconds) { told.acknowledged >= goal }
    }

    private func run(_ port: Int) {
        var connection: HTTPConnection?
        while !isEnded.load(ordering: .relaxed) {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            let context = shared[number / 3 % shared.count]
            guard let open = connection ?? (try? HTTPConnection(port: port)) else {
                usleep(5_000)
                continue
            }
            connection = open
            guard open.send(request(number, context, port)), let answer = try? open.answer() else {
                connection = nil
                tally.withLock { $0.lost += 1 }
                continue
            }
            note(number, context, answer)
            // Who is refused does not ask again at once.
            if answer.status >= 400 { usleep(5_000) }
        }
    }

    private func request(_ number: Int, _ context: String, _ port: Int) -> [UInt8] {
        let (method, path, type, body): (String, String, String, String) =
            switch number % 3 {
            case 0: ("POST", "\(context)/participants", "application/json", #"{"agent_id":"a\#(number)"}"#)
            case 1: ("PATCH", "\(context)/state", "application/merge-patch+json", #"{"k\#(number)":\#(number)}"#)
            default: ("POST", "", "application/json", #"{"name":"n\#(number)","type":"collaborative"}"#)
            }
        let target = path.isEmpty ? ServerFixture.contexts : "\(ServerFixture.contexts)/\(path)"
        let head = """
            \(method) \(target) HTTP/1.1\r
            Host: 127.0.0.1:\(port)\r
            Authorization: Bearer \(token)\r
            Content-Type: \(type)\r
            Content-Length: \(body.utf8.count)\r
            \r

            """
        return Array((head + body).utf8)
    }

    private func note(_ number: Int, _ context: String, _ answer: HTTPAnswer) {
        tally.withLock { tally in
            guard answer.status >= 400 else {
                switch number % 3 {
                case 0: tally.joined[context, default: []].insert("a\(number)")
                case 1: tally.set[context, default: []].insert("k\(number)")
                default: tally.created.insert("n\(number)")
                }
                return
            }
            tally.refused[answer.code ?? "", default: 0] += 1
            if answer.code == nil || ![503, 504, 507].contains(answer.status) {
                tally.unclear.append("\(answer.status) \(answer.json.text)")
            }
        }
    }

    /// Expects everything that was acknowledged to be there, and sums to be what they are sums of.
    ///
    /// - Throws: when the server does not answer.
    func verify(_ server: ServerFixture) throws {
        let told = told
        let names = Set(try server.all(ServerFixture.contexts, limit: 100).compactMap { $0["name"]?.string })
        #expect(told.created.subtracting(names).isEmpty, "contexts are lost")
        for context in shared {
            let path = ServerFixture.context(context)
            let agents = try server.all(path + "/participants", limit: 100).compactMap { $0["agent_id"]?.string }
            #expect(told.joined[context, default: []].subtracting(agents).isEmpty, "participants are lost")
            let shown = try server.request("GET", path).json
            #expect(shown["participant_count"]?.integer == agents.count, "the sum is another one than that of the rows")
            let state = try server.request("GET", path + "/state").json
            let members = (state["document"]?.object?.members ?? []).map(\.name)
            #expect(told.set[context, default: []].subtracting(members).isEmpty, "members of the state are lost")
            let version = try #require(state["version"]?.integer)
            #expect(version == members.count, "each change made one member and one version")
            let since = max(0, version - 50)
            let changes = try server.request("GET", "\(path)/state/changes?since=\(since)").json["changes"]?.array
            #expect(changes?.compactMap { $0["version"]?.integer } == Array((since + 1)..<(version + 1)))
        }
    }
}

/// Threads that only wait; the pool for work that computes has as many as there are processors.
private enum Thread {
    static func detach(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { argument in
                argument.map { Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run() }
                return nil
            },
            box.toOpaque()
        )
        guard status == 0 else {
            box.takeRetainedValue().run()
            return
        }
        pthread_detach(thread)
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
