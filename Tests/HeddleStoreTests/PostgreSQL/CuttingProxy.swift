import Foundation
import Glibc
import Synchronization

/// A way to a server that breaks at a chosen word of what a client says.
final class CuttingProxy: Sendable {
    /// When it breaks.
    enum Cut: Sendable {
        /// The server never hears the word.
        case before
        /// The server hears it and has answered, and the client never hears the answer.
        case after
    }

    private struct Plan {
        var word: [UInt8] = []
        var cut = Cut.before
        var remaining = 0
        var refusesAfterwards = false
    }

    let port: Int
    private let listener: Int32
    private let target: Int
    private let plan = Mutex(Plan())
    private let isClosed = Atomic<Bool>(false)

    init(to target: Int) throws {
        self.target = target
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
                    && listen(descriptor, 64) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRINUSE) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { self.accept() }
    }

    /// Breaks the next connections that say the word.
    func cut(_ cut: Cut, at word: String, times: Int = 1, refusesAfterwards: Bool = false) {
        plan.withLock {
            $0 = Plan(word: Array(word.utf8), cut: cut, remaining: times, refusesAfterwards: refusesAfterwards)
        }
    }

    /// How many connections are still to be broken.
    var remaining: Int { plan.withLock { $0.remaining } }

    func close() {
        isClosed.store(true, ordering: .relaxed)
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0, !isClosed.load(ordering: .relaxed) else { return }
            let isRefused = plan.withLock { $0.refusesAfterwards && $0.remaining == 0 }
            guard !isRefused, let server = connectToServer() else {
                Glibc.close(client)
                continue
            }
            let pair = Pair(client: client, server: server)
            Thread.detachNewThread { self.pumpRequests(pair) }
            Thread.detachNewThread { Self.pumpAnswers(pair) }
        }
    }

    private final class Pair: Sendable {
        let client: Int32
        let server: Int32
        let isMute = Atomic<Bool>(false)
        private let open = Atomic<Int>(2)

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        /// Ends both directions; the descriptors go with the last pump.
        func end() {
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
        }

        func leave() {
            guard open.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
            Glibc.close(client)
            Glibc.close(server)
        }
    }

    private func pumpRequests(_ pair: Pair) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(pair.client, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            let cut = plan.withLock { plan -> Cut? in
                guard plan.remaining > 0, Data(buffer[..<count]).range(of: Data(plan.word)) != nil else { return nil }
                plan.remaining -= 1
                return plan.cut
            }
            if cut == .before { break }
            if cut == .after {
                pair.isMute.store(true, ordering: .sequentiallyConsistent)
                Self.sendAll(pair.server, buffer[..<count])
                // The answer goes nowhere; the pump of answers ends the pair when it has come.
                continue
            }
            Self.sendAll(pair.server, buffer[..<count])
        }
        pair.end()
        pair.leave()
    }

    private static func pumpAnswers(_ pair: Pair) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(pair.server, &buffer, buffer.count, 0)
            guard count > 0, !pair.isMute.load(ordering: .sequentiallyConsistent) else { break }
            sendAll(pair.client, buffer[..<count])
        }
        pair.end()
        pair.leave()
    }

    private static func sendAll(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    private func connectToServer() -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: target)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return descriptor }
        Glibc.close(descriptor)
        return nil
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }
}
