import NIOHTTP1

/// What the head of an answer means for a download.
enum Answer: Hashable {
    /// The whole file follows, with so many bytes if that is known.
    case whole(total: Int?, Validator?)
    /// The rest of the file follows.
    case rest(total: Int)
    /// The file is to be asked for somewhere else.
    case elsewhere(String)
    /// What is on disk belongs to another state of the file.
    case outdated
    /// The server may have the file later.
    case later(DownloadError)
    /// There is nothing to be had.
    case refused(DownloadError)

    /// Statuses of a server that has trouble now.
    private static let passing: Set<Int> = [408, 429, 500, 502, 503, 504]
    /// Statuses of a redirect.
    private static let redirects: Set<Int> = [301, 302, 303, 307, 308]

    /// Reads the head of an answer to a request for the bytes after those on disk, or for all when there are none.
    init(
        _ status: Int,
        _ headers: HTTPHeaders,
        host: String,
        resuming kept: PartialRecord?,
        at offset: Int,
        isHashed: Bool
    ) {
        if Self.redirects.contains(status) {
            self =
                headers.first(name: "location").map(Answer.elsewhere)
                ?? .refused(DownloadError(.badAnswer, "\(host) redirects without saying where to"))
            return
        }
        // The range was not satisfiable: the file is shorter now.
        if status == 416, kept != nil {
            self = .outdated
            return
        }
        guard status == 200 || status == 206 && kept != nil else {
            let error = DownloadError.refused(status: status, host: host)
            self = Self.passing.contains(status) ? .later(error) : .refused(error)
            return
        }
        do throws(DownloadError) {
            let length = try Self.length(headers, host: host)
            guard status == 206, let kept else {
                self = .whole(total: length, Validator(headers))
                let isChunked = headers.contains(name: "transfer-encoding")
                guard length == nil, !isChunked, !isHashed else { return }
                throw DownloadError(
                    .badAnswer,
                    "\(host) does not say where the file ends, so it is taken only with a checksum"
                )
            }
            self = Self.rest(headers, length: length, kept: kept, offset: offset)
        } catch {
            self = .refused(error)
        }
    }

    private static func rest(_ headers: HTTPHeaders, length: Int?, kept: PartialRecord, offset: Int) -> Answer {
        let ranges = headers["content-range"]
        guard ranges.count == 1, let range = ContentRange(ranges[0]), range.first == offset,
            range.last == range.total - 1, kept.total == nil || kept.total == range.total,
            length == nil || length == range.total - offset, kept.validator?.matches(headers) == true
        else { return .outdated }
        return .rest(total: range.total)
    }

    /// The length that the head states.
    ///
    /// - Throws: ``DownloadError/Code/encoded`` or ``DownloadError/Code/badAnswer``.
    private static func length(_ headers: HTTPHeaders, host: String) throws(DownloadError) -> Int? {
        let encodings = headers[canonicalForm: "content-encoding"].filter { $0.lowercased() != "identity" }
        let transfers = headers[canonicalForm: "transfer-encoding"].filter { $0.lowercased() != "chunked" }
        guard encodings.isEmpty, transfers.isEmpty else {
            throw DownloadError(.encoded, "\(host) sends the file encoded although that was not asked for")
        }
        let lengths = Set(headers[canonicalForm: "content-length"])
        guard let text = lengths.first else { return nil }
        guard lengths.count == 1, let length = ContentRange.number(text) else {
            throw DownloadError(.badAnswer, "\(host) states a length that is none")
        }
        return length
    }
}
