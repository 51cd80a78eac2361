import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// One try: a request, its redirects, and the bytes that come.
struct DownloadTry: Sendable {
    /// What one request led to.
    private enum Step: Sendable {
        case elsewhere(String)
        case complete
    }

    /// Addresses of one host that are tried.
    private static let maximumAddresses = 8
    /// Time for one address to take a connection, or for a proxy to make one.
    private static let connectLimit = Duration.seconds(10)
    /// Bytes between two reports.
    private static let reportedBytes = 256 << 10

    let url: DownloadURL
    let isHashed: Bool
    let limits: DownloadLimits
    let rules: AddressRules
    let proxies: ProxyRules
    let resolver: any HostResolver
    let tls: TLSConfiguration
    let file: PartialFile
    let watch: IdleWatch
    let progress: @Sendable (DownloadProgress) async -> Void

    /// Fetches what is missing.
    ///
    /// - Returns: where the bytes came from in the end.
    /// - Throws: ``DownloadError``, an ``Interruption`` when another try may succeed, or `CancellationError`.
    func run() async throws -> DownloadURL {
        var place = url
        for _ in 0...limits.redirects {
            switch try await step(place) {
            case .complete: return place
            case .elsewhere(let location): place = try place.redirected(to: location)
            }
            watch.resume()
        }
        throw DownloadError(.redirectRefused, "\(url.host) leads through more than \(limits.redirects) redirects")
    }

    private func step(_ place: DownloadURL) async throws -> Step {
        let kept = file.record
        let headers = headers(kept)
        var last: (any Error)?
        for peer in try await peers(place) {
            let connection = Connection(
                url: place,
                peer: peer,
                tls: tls,
                connectLimit: TimeAmount(min(limits.idle, Self.connectLimit))
            )
            do {
                return try await connection.send(headers) { try await take($0, from: place, kept: kept) }
            } catch let error as Connection.NotMade {
                last = error.cause
                watch.resume()
            } catch {
                throw Failure.told(error, host: place.host, bytes: file.size)
            }
        }
        try Task.checkCancellation()
        throw Failure.unreachable(place, cause: last)
    }

    /// Those that may be asked, each checked.
    private func peers(_ place: DownloadURL) async throws -> [Connection.Peer] {
        try rules.check(place.endpoint)
        if let proxy = proxies.proxy(for: place) { return [.proxy(proxy)] }
        if let address = place.endpoint.address { return [.address(address)] }
        let addresses = try await resolver.addresses(of: place.host)
        guard !addresses.isEmpty else {
            throw DownloadError(.hostNotFound, "\(place.host) has no address that could be found")
        }
        // One bad address spoils all: nobody has public and private ones for one file.
        for address in addresses { try rules.check(address, of: place.endpoint) }
        return addresses.prefix(Self.maximumAddresses).map(Connection.Peer.address)
    }

    private func headers(_ kept: PartialRecord?) -> HTTPHeaders {
        var headers: HTTPHeaders = ["Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "heddle"]
        if let validator = kept?.validator {
            headers.add(name: "Range", value: "bytes=\(file.size)-")
            headers.add(name: "If-Range", value: validator.value)
        }
        return headers
    }

    /// Reads the head and, if it brings the file, the body.
    private func take(_ response: HTTPClientResponse, from place: DownloadURL, kept: PartialRecord?) async throws
        -> Step
    {
        watch.pause()
        let answer = Answer(
            Int(response.status.code),
            response.headers,
            host: place.host,
            resuming: kept,
            at: file.size,
            isHashed: isHashed
        )
        let total: Int?
        switch answer {
        case .elsewhere(let location): return .elsewhere(location)
        case .refused(let error): throw error
        case .later(let error): throw Interruption(error: error)
        case .outdated:
            try await Blocking.run { try file.clear() }
            throw Interruption(
                error: DownloadError(.badAnswer, "\(place.host) answers with parts that do not fit together")
            )
        case .whole(let length, let validator):
            total = length
            try checkSize(length ?? 0, place)
            try await Blocking.run { try file.begin(validator, total: length) }
        case .rest(let length):
            total = length
            try checkSize(length, place)
            try await Blocking.run { try file.learn(total: length) }
        }
        try await store(response.body, from: place, total: total)
        return .complete
    }

    /// Writes the body as it comes; the next piece is asked for when the last one is on disk.
    private func store(_ body: HTTPClientResponse.Body, from place: DownloadURL, total: Int?) async throws {
        var reported = file.size
        await progress(DownloadProgress(bytes: reported, total: total))
        var pieces = body.makeAsyncIterator()
        while true {
            watch.resume()
            guard let piece = try await pieces.next() else { break }
            watch.pause()
            try checkSize(file.size + piece.readableBytes, place)
            let size = try await Blocking.run { try file.append(piece) }
            guard size - reported >= Self.reportedBytes else { continue }
            reported = size
            await progress(DownloadProgress(bytes: size, total: total))
        }
        watch.pause()
        try Task.checkCancellation()
        let size = file.size
        guard total == nil || total == size else { throw Failure.cut(host: place.host, bytes: size) }
        if size != reported { await progress(DownloadProgress(bytes: size, total: total)) }
    }

    private func checkSize(_ bytes: Int, _ place: DownloadURL) throws(DownloadError) {
        guard bytes <= limits.bytes else {
            throw DownloadError(.tooLarge, "the file of \(place.host) has more than \(limits.bytes) bytes")
        }
    }
}
