import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// One way to a host, for one request: to an address that was checked, or through a proxy.
struct Connection: Sendable {
    /// Who is at the other end.
    enum Peer: Sendable {
        case address(IPAddress)
        case proxy(ProxyRules.Proxy)
    }

    /// The connection leads to another address than the one that was checked.
    struct WrongPeer: Error {}

    /// No connection came about, so that another address may be tried.
    struct NotMade: Error {
        let cause: any Error
    }

    /// Whether there was a connection at all.
    private final class State: Sendable {
        let isMade = Mutex(false)
    }

    let url: DownloadURL
    let peer: Peer
    let tls: TLSConfiguration
    let connectLimit: TimeAmount

    /// Sends a request and gives its answer to a body.
    ///
    /// - Throws: ``NotMade``, and what the client or the body throws.
    func send<Value: Sendable>(
        _ headers: HTTPHeaders,
        _ body: (HTTPClientResponse) async throws -> Value
    ) async throws -> Value {
        let state = State()
        var request = HTTPClientRequest(url: url.description)
        request.headers = headers
        return try await HTTPClient.withHTTPClient(
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
            configuration: configuration(state)
        ) { client in
            let response: HTTPClientResponse
            do {
                response = try await client.execute(request, deadline: .distantFuture)
            } catch {
                guard !state.isMade.withLock(\.self), !Self.isSecurity(error) else { throw error }
                throw NotMade(cause: error)
            }
            return try await body(response)
        }
    }

    private func configuration(_ state: State) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: connectLimit),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        switch peer {
        case .address(let address):
            // Nothing is looked up from here on, while Host and the name for TLS stay those of the URL.
            if url.endpoint.address == nil { configuration.dnsOverride = [url.host: address.description] }
        case .proxy(let proxy):
            configuration.proxy = .server(
                host: proxy.endpoint.host,
                port: proxy.endpoint.port,
                authorization: proxy.user.map { .basic(username: $0, password: proxy.password) }
            )
        }
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.eventLoop.makeCompletedFuture {
                try check(channel)
                state.isMade.withLock { $0 = true }
                try HeadGuard.add(to: channel)
            }
        }
        return configuration
    }

    /// Sees that the client did as it was told, before anything is sent.
    ///
    /// - Throws: ``WrongPeer``.
    private func check(_ channel: any Channel) throws {
        guard case .address(let address) = peer else { return }
        guard let remote = channel.remoteAddress?.ipAddress, IPAddress(remote) == address else { throw WrongPeer() }
    }

    /// Whether the other side could not prove who it is.
    static func isSecurity(_ error: any Error) -> Bool {
        switch error {
        case NIOSSLError.uncleanShutdown: false
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: true
        default: false
        }
    }
}
