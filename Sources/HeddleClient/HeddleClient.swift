import AsyncHTTPClient
package import HeddleModel
import JSON
import NIOCore
import NIOHTTP1

/// The typed HTTP client of the command line: one server, one token, one pool of connections.
///
/// Make one with ``withClient(server:token:observer:_:)``, or call ``shutdown()`` when done.
package struct HeddleClient: Sendable {
    /// Bytes of an answer that are accepted.
    package static let maximumBodyBytes = 128 << 20
    /// Connections to the server at the same time.
    package static let maximumConnections = 256

    /// One request and how it ended, for whoever wants to watch.
    package struct Exchange: Sendable {
        package let method: String
        package let path: String
        package let status: Int
        package let elapsed: Duration
    }

    /// Is told of each exchange after it.
    package typealias Observer = @Sendable (Exchange) -> Void

    package let server: ServerAddress
    let token: String
    let http: HTTPClient
    private let observer: Observer?

    /// Prepares a client; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - server: Such as `http://127.0.0.1:7433`.
    ///   - token: The bearer token; empty sends none.
    ///   - observer: Is told of each exchange.
    /// - Throws: ``HeddleError`` with `invalidRequest` when `server` is no address.
    package init(server: String, token: String, observer: Observer? = nil) throws(HeddleError) {
        self.init(server: try ServerAddress(server), token: token, observer: observer)
    }

    /// Prepares a client for an address that was read already.
    package init(server: ServerAddress, token: String, observer: Observer? = nil) {
        var configuration = HTTPClient.Configuration()
        // A redirect would carry the token to somebody else.
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.maximumConnections
        self.server = server
        // What is no header value would break the request apart.
        self.token = token.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? token : ""
        self.observer = observer
        http = HTTPClient(configuration: configuration)
    }

    /// Closes the connections; later requests fail.
    package func shutdown() async {
        // It fails only when it was shut down before.
        try? await http.shutdown()
    }

    /// Runs a body with a client and closes the connections after it.
    ///
    /// - Throws: what `body` throws, or ``HeddleError`` with `invalidRequest` when `server` is no address.
    package static func withClient<Result>(
        server: String,
        token: String,
        observer: Observer? = nil,
        _ body: (HeddleClient) async throws -> Result
    ) async throws -> Result {
        let client = try HeddleClient(server: server, token: token, observer: observer)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }
}

extension HeddleClient {
    /// Sends one request and reads its whole answer; nil when the answer has no body.
    ///
    /// - Throws: ``HeddleError`` with the server's code, or `serverUnreachable`, `deadlineExceeded` or `cancelled`.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        body: JSONValue? = nil,
        headers: [(String, String)] = [],
        timeout: Duration = .seconds(30)
    ) async throws(HeddleError) -> JSONValue? {
        let (status, bytes) = try await exchange(method, path, body: body?.bytes, headers, timeout: timeout)
        guard (200..<300).contains(status) else { throw HeddleError(status: status, body: bytes) }
        guard !bytes.isEmpty else { return nil }
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw HeddleError(
                .internalError,
                "what answers at \(server) does not speak Heddle's language",
                cause: error
            )
        }
    }

    /// Sends one request whose answer must have a body.
    ///
    /// - Throws: as ``send(_:_:body:headers:timeout:)`` does.
    func value(
        _ method: HTTPMethod,
        _ path: String,
        body: JSONValue? = nil,
        headers: [(String, String)] = [],
        timeout: Duration = .seconds(30)
    ) async throws(HeddleError) -> JSONValue {
        guard let value = try await send(method, path, body: body, headers: headers, timeout: timeout) else {
            throw HeddleError(.internalError, "the server's answer is empty")
        }
        return value
    }

    private func exchange(
        _ method: HTTPMethod,
        _ path: String,
        body: [UInt8]?,
        _ headers: [(String, String)],
        timeout: Duration
    ) async throws(HeddleError) -> (Int, [UInt8]) {
        var request = request(method, path)
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let response = try await http.execute(request, timeout: .nanoseconds(timeout.nanoseconds))
            let buffer = try await response.body.collect(upTo: Self.maximumBodyBytes)
            let status = Int(response.status.code)
            observer?(
                Exchange(method: method.rawValue, path: path, status: status, elapsed: clock.now - start)
            )
            return (status, Array(buffer.readableBytesView))
        } catch is NIOTooManyBytesError {
            throw HeddleError(.bodyTooLarge, "the answer is larger than \(Self.maximumBodyBytes >> 20) MB")
        } catch {
            throw HeddleError.transport(error, server)
        }
    }

    /// A request to a path of the server, with the token.
    func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: server.description + path)
        request.method = method
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "heddle")
        if !token.isEmpty { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        return request
    }
}

extension Duration {
    /// The duration in whole nanoseconds, at most those of 292 years.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : whole + attoseconds / 1_000_000_000
    }
}
