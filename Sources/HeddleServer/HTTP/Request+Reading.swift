import HeddleModel
import Hummingbird
import JSON
import NIOCore

extension Request {
    /// The whole body.
    ///
    /// - Throws: ``HeddleError`` with `bodyTooLarge`, without reading the rest.
    func bytes(limit: Int) async throws -> [UInt8] {
        if let length = headers[.contentLength].flatMap(Int.init), length > limit { throw Self.tooLarge(limit) }
        var result: [UInt8] = []
        for try await chunk in body {
            guard result.count + chunk.readableBytes <= limit else { throw Self.tooLarge(limit) }
            result.append(contentsOf: chunk.readableBytesView)
        }
        return result
    }

    private static func tooLarge(_ limit: Int) -> HeddleError {
        HeddleError(
            .bodyTooLarge,
            "the body is larger than \(limit >> 20) MB",
            details: ["limit": "http.max_body_mb", "value": String(limit >> 20)]
        )
    }

    /// The object of a JSON body that satisfies a schema.
    ///
    /// - Throws: ``HeddleError`` with `unsupportedMediaType`, `bodyTooLarge`, `malformedJSON`, or `invalidRequest` with all
    ///   violations.
    func fields(_ schema: OwnSchema, limit: Int) async throws -> JSONFields {
        try JSONFields.checkType(headers[.contentType])
        return try JSONFields.body(try await bytes(limit: limit), schema)
    }

    /// The object of a JSON body of which every member has a default, so that no body is an empty object.
    ///
    /// - Throws: as ``fields(_:limit:)``.
    func fieldsOrNone(_ schema: OwnSchema, limit: Int) async throws -> JSONFields {
        let bytes = try await bytes(limit: limit)
        guard !bytes.isEmpty else { return try JSONFields.body(Array("{}".utf8), schema) }
        try JSONFields.checkType(headers[.contentType])
        return try JSONFields.body(bytes, schema)
    }

    /// The revision that `If-Match` names (RFC 9110 §13.1.1); nil without the header or for any revision.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    func expectedRevision() throws(HeddleError) -> Int? {
        guard let text = headers[.ifMatch], text != "*" else { return nil }
        let isQuoted = text.utf8.count > 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
        guard isQuoted, let revision = Int(text.dropFirst().dropLast()), revision > 0 else {
            throw HeddleError(
                .invalidRequest,
                "'If-Match' is the 'ETag' of an earlier answer, such as \"3\"",
                details: ["field": "If-Match"]
            )
        }
        return revision
    }

    /// A whole number in the query.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    func integer(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws(HeddleError) -> Int {
        try integerIfPresent(name, in: range) ?? fallback
    }

    /// A text in the query; nil when it is not there or empty.
    func text(_ name: String) -> String? {
        uri.queryParameters[Substring(name)].flatMap { $0.isEmpty ? nil : String($0) }
    }

    /// One of an enum's raw values in the query; nil when it is not there.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String) throws(HeddleError) -> Choice?
    where Choice.RawValue == String {
        guard let text = text(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw HeddleError(
                .invalidRequest,
                "'\(name)' is one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))",
                details: ["field": name]
            )
        }
        return choice
    }

    /// A whole number in the query; nil when it is not there.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    func integerIfPresent(_ name: String, in range: ClosedRange<Int>) throws(HeddleError) -> Int? {
        guard let text = uri.queryParameters[Substring(name)] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw HeddleError(
                .invalidRequest,
                "'\(name)' is a whole number from \(range.lowerBound) to \(range.upperBound)",
                details: ["field": name]
            )
        }
        return number
    }
}

extension JSONFields {
    /// The object of a JSON body that is here and satisfies a schema.
    ///
    /// - Throws: ``HeddleError`` with `malformedJSON`, or `invalidRequest` with all violations.
    static func body(_ bytes: [UInt8], _ schema: OwnSchema) throws(HeddleError) -> JSONFields {
        try JSONFields(parsing: bytes, as: schema, code: .invalidRequest, "the body is not what this route takes")
    }

    /// Refuses what is not JSON by its own word.
    ///
    /// - Throws: ``HeddleError`` with `unsupportedMediaType`.
    static func checkType(_ type: String?) throws(HeddleError) {
        guard let type, type != "application/json", !type.lowercased().hasPrefix("application/json") else { return }
        throw HeddleError(.unsupportedMediaType, "the body is application/json")
    }
}

extension HeddleRequestContext {
    /// The name of an extension in the path.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound` when no extension can have that name.
    func extensionName() throws(HeddleError) -> ExtensionName {
        let text = parameters.get("name") ?? ""
        guard let name = try? ExtensionName(text) else {
            throw HeddleError(
                .extensionNotFound,
                "no extension is named '\(text.prefix(80))'",
                details: ["extension": String(text.prefix(80))]
            )
        }
        return name
    }
}
