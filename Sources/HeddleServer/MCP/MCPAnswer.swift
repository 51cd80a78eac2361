import HTTPTypes
import HeddleMCP
import HeddleModel
import Hummingbird
import JSON
import NIOCore

/// One JSON-RPC answer on its way out.
struct MCPAnswer: Sendable {
    let status: HTTPResponse.Status
    let bytes: [UInt8]
    var session: String?

    var fields: HTTPFields {
        var fields: HTTPFields = [.contentType: "application/json"]
        if let session { fields[.mcpSessionID] = session }
        return fields
    }

    var response: Response {
        Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// An error; the status is the one that the modern revision asks for.
    static func failure(
        id: JSONView?,
        _ code: MCPErrorCode,
        _ message: String,
        data: JSONValue? = nil,
        status: HTTPResponse.Status? = nil
    ) -> MCPAnswer {
        MCPAnswer(
            status: status ?? code.status,
            bytes: error(id: id, code: code.rawValue, message, data: data?.bytes[...])
        )
    }

    static func error(id: JSONView?, code: Int, _ message: String, data: ArraySlice<UInt8>?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("id")
        if let id { writer.raw(id) } else { writer.null() }
        writer.name("error")
        writer.raw(errorObject(code, message, data)[...])
        writer.endObject()
        return writer.bytes
    }

    /// The object that says what went wrong.
    static func errorObject(_ code: Int, _ message: String, _ data: ArraySlice<UInt8>?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("code")
        writer.integer(code)
        writer.name("message")
        writer.string(message)
        if let data {
            writer.name("data")
            writer.raw(data)
        }
        writer.endObject()
        return writer.bytes
    }

    /// The status of an error that an extension of the modern era may have sent.
    static func status(ofCode code: Int) -> HTTPResponse.Status {
        MCPErrorCode(rawValue: code).map { $0 == .internalError ? .ok : $0.status } ?? .ok
    }

    /// The code of an error of an extension for a client of an era, which may be another than the extension's.
    static func code(_ failure: MCPFailure, in era: MCPEra, of method: String) -> Int {
        let (missing, invalid) = (-32002, MCPErrorCode.invalidParams.rawValue)
        // "Resource not found" had a code of its own until 2025-11-25.
        switch (era, failure.code) {
        case (.modern, missing): return invalid
        case (.legacy, invalid) where method == "resources/read" && failure.data?["uri"] != nil: return missing
        case _: return failure.code
        }
    }

    /// A result whose bytes exist already; members of the modern revision are spliced in at its front.
    static func result(id: JSONView, _ result: ArraySlice<UInt8>, extra: String = "") -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(result.count + extra.utf8.count + id.range.count + 48)
        bytes += #"{"jsonrpc":"2.0","id":"#.utf8
        bytes += id.bytes
        bytes += #","result":"#.utf8
        if extra.isEmpty {
            bytes += result
        } else {
            let inner = result.dropFirst()
            bytes.append(UInt8(ascii: "{"))
            bytes += extra.utf8
            let isEmpty = inner.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D } == UInt8(ascii: "}")
            if !isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes += inner
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

extension MCPErrorCode {
    fileprivate var status: HTTPResponse.Status {
        switch self {
        case .methodNotFound: .notFound
        case .internalError: .internalServerError
        case .invalidParams: .ok
        case .parseError, .invalidRequest, .headerMismatch, .missingClientCapability, .unsupportedProtocolVersion:
            .badRequest
        }
    }
}
