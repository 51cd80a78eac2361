import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// A server on a free port that says exactly the bytes a test wants, whatever HTTP thinks of them.
final class MisbehavingServer: Sendable {
    /// What a client asked.
    struct Request: Sendable {
        /// The line with the method and the path.
        let line: String
        /// The headers, by their names in lower case.
        let headers: [String: String]
        /// How many requests came before.
        let number: Int

        var path: String { line.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
        /// Where the bytes that are asked for begin.
        var offset: Int? {
            headers["range"]
                .flatMap { $0.hasPrefix("bytes=") && $0.hasSuffix("-") ? Int($0.dropFirst(6).dropLast()) : nil }
        }
    }

    /// The way back to the client.
    struct Wire: Sendable {
        let channel: any Channel
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

        func write(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

        func write(_ bytes: some Sequence<UInt8> & Sendable) async throws {
            try await outbound.write(ByteBuffer(bytes: bytes))
        }

        /// Ends the connection after what was written.
        func close() async throws { try await channel.close().get() }

        /// Ends the connection so that the client hears of an error.
        func reset() async throws {
            let provider = try #require(channel as? any SocketOptionProvider)
            try await provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
            try await channel.close().get()
        }
    }

    typealias Responder = @Sendable (Request, Wire) async throws -> Void

    private let channel: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>
    private let responder: Responder
    private let log = Mutex<[Request]>([])

    private init(
        _ channel: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>,
        _ responder: @escaping Responder
    ) {
        self.channel = channel
        self.responder = responder
    }

    var port: Int { channel.channel.localAddress?.port ?? 0 }
    /// The exception that lets a client reach it.
    var endpoint: String { "127.0.0.1:\(port)" }
    /// All requests so far.
    var requests: [Request] { log.withLock(\.self) }

    /// Runs a test with a server.
    static func with<Value: Sendable>(
        tls: NIOSSLContext? = nil,
        _ responder: @escaping Responder,
        test body: @escaping @Sendable (MisbehavingServer) async throws -> Value
    ) async throws -> Value {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let server = MisbehavingServer(channel, responder)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.accept() }
            let value = try await body(server)
            group.cancelAll()
            return value
        }
    }

    private func accept() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await channel.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask { await self.serve(connection) }
                }
            }
        }
    }

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        // Clients leave when they like, which is no failure of a test.
        try? await connection.executeThenClose { inbound, outbound in
            let wire = Wire(channel: connection.channel, outbound: outbound)
            var text = ""
            for try await piece in inbound {
                text += String(buffer: piece)
                while let end = text.firstRange(of: "\r\n\r\n") {
                    let head = String(text[..<end.lowerBound])
                    text = String(text[end.upperBound...])
                    try await responder(note(head), wire)
                }
            }
        }
    }

    private func note(_ head: String) -> Request {
        let lines = head.split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        return log.withLock { log in
            let request = Request(line: lines.first.map(String.init) ?? "", headers: headers, number: log.count)
            log.append(request)
            return request
        }
    }
}
