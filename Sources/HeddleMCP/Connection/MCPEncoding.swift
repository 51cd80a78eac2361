import HeddleModel
import JSON
import NIOCore

/// Writes the messages that go to an extension; parameters are spliced in as the caller sent them.
enum MCPEncoding {
    /// The `_meta` members that every modern request carries, up to the client's capabilities.
    private static let modernMeta: String = {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name(MCPMetaKey.protocolVersion)
        writer.string(MCPRevision.latest.rawValue)
        writer.name(MCPMetaKey.clientInfo)
        writer.value(["name": "heddle", "version": .string(HeddleVersion.current)])
        writer.endObject()
        return String(decoding: writer.bytes.dropLast(), as: UTF8.self) + ",\"\(MCPMetaKey.clientCapabilities)\":"
    }()

    /// A `tools/call` line; `extra` are further members of its parameters, each with a comma before it.
    static func toolCall(
        id: Int,
        tool: String,
        arguments: JSONView?,
        extra: [UInt8] = [],
        era: MCPEra,
        port: MCPClientPort? = nil,
        wantsProgress: Bool
    ) -> ByteBuffer {
        var name = JSONWriter()
        name.string(tool)
        let argumentCount = arguments?.range.count ?? 2
        var buffer = ByteBufferAllocator().buffer(capacity: 320 + argumentCount + extra.count)
        buffer.writeStaticString("{\"jsonrpc\":\"2.0\",\"id\":")
        buffer.writeString(String(id))
        buffer.writeStaticString(",\"method\":\"tools/call\",\"params\":{\"name\":")
        buffer.writeBytes(name.bytes)
        buffer.writeStaticString(",\"arguments\":")
        if let arguments {
            splice(arguments, into: &buffer)
        } else {
            buffer.writeStaticString("{}")
        }
        buffer.writeBytes(extra)
        writeMeta(era, port, progressToken: wantsProgress ? id : nil, isFirst: false, into: &buffer)
        buffer.writeStaticString("}}\n")
        return buffer
    }

    /// Any other request line; `params` are the members inside the braces, without `_meta` and line breaks.
    static func request(
        id: Int,
        method: String,
        params: [UInt8] = [],
        era: MCPEra,
        port: MCPClientPort? = nil,
        wantsProgress: Bool = false
    ) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: 320 + params.count)
        buffer.writeString("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"\(method)\",\"params\":{")
        buffer.writeBytes(params)
        writeMeta(era, port, progressToken: wantsProgress ? id : nil, isFirst: params.isEmpty, into: &buffer)
        buffer.writeStaticString("}}\n")
        return buffer
    }

    private static func writeMeta(
        _ era: MCPEra,
        _ port: MCPClientPort?,
        progressToken: Int?,
        isFirst: Bool,
        into buffer: inout ByteBuffer
    ) {
        guard era == .modern || progressToken != nil else { return }
        buffer.writeStaticString(isFirst ? "\"_meta\":" : ",\"_meta\":")
        guard era == .modern else {
            buffer.writeString("{\"progressToken\":\(progressToken ?? 0)}")
            return
        }
        buffer.writeString(modernMeta)
        if let port { buffer.writeBytes(port.capabilities) } else { buffer.writeStaticString("{}") }
        if let level = port?.logLevel { buffer.writeString(",\"\(MCPMetaKey.logLevel)\":\"\(level)\"") }
        if let progressToken { buffer.writeString(",\"progressToken\":\(progressToken)") }
        buffer.writeStaticString("}")
    }

    private static func splice(_ view: JSONView, into buffer: inout ByteBuffer) {
        guard view.document.hasLineBreaks else {
            buffer.writeBytes(view.bytes)
            return
        }
        var writer = JSONWriter(capacity: view.range.count)
        writer.raw(view)
        buffer.writeBytes(writer.bytes)
    }

    /// A notification line.
    static func notification(_ method: String, params: JSONValue? = nil) -> ByteBuffer {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("method")
        writer.string(method)
        if let params {
            writer.name("params")
            writer.value(params)
        }
        writer.endObject()
        return ByteBuffer(bytes: writer.bytes + [UInt8(ascii: "\n")])
    }

    static func cancelled(_ id: Int, reason: String) -> ByteBuffer {
        notification("notifications/cancelled", params: ["requestId": .integer(id), "reason": .string(reason)])
    }

    /// The answer to a request of the extension that needs nobody; nil when it has to be somebody's.
    ///
    /// Roots are the folders that the extension may see, whatever those of the client are called.
    static func reply(_ id: JSONView, _ method: String, _ delegate: MCPDelegate) -> ByteBuffer? {
        switch method {
        case "ping": return answer(id, .success(Array("{}".utf8)))
        case "roots/list":
            let roots = delegate.roots.map { path -> JSONValue in ["uri": .string("file://" + percentEncoded(path))] }
            let result: JSONValue = ["roots": .array(roots)]
            return answer(id, .success(result.bytes))
        case _: return nil
        }
    }

    /// The line that answers a request of the extension.
    static func answer(_ id: JSONView, _ outcome: Result<[UInt8], MCPFailure>) -> ByteBuffer {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("id")
        writer.raw(id)
        switch outcome {
        case .success(let result):
            writer.name("result")
            writer.raw(result[...])
        case .failure(let failure):
            writer.name("error")
            writer.beginObject()
            writer.name("code")
            writer.integer(failure.code)
            writer.name("message")
            writer.string(failure.message)
            if let data = failure.data {
                writer.name("data")
                writer.raw(data)
            }
            writer.endObject()
        }
        writer.endObject()
        return ByteBuffer(bytes: writer.bytes + [UInt8(ascii: "\n")])
    }

    /// The extension asks for what nobody offers.
    static func refusal(of method: String) -> MCPFailure {
        MCPFailure(
            code: MCPErrorCode.methodNotFound.rawValue,
            message: "the client does not offer '\(method.clipped(80))'"
        )
    }

    private static func percentEncoded(_ path: String) -> String {
        var result = ""
        for byte in path.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }

    /// The number after the first `"id":` at the top of a message whose end is missing or broken.
    ///
    /// Servers write the id before the result; when one does not, the call ends by its deadline instead.
    static func leadingID(_ prefix: ArraySlice<UInt8>) -> Int? {
        var depth = 0
        var cursor = prefix.startIndex
        while cursor < prefix.endIndex {
            switch prefix[cursor] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let end = endOfString(prefix, from: cursor)
                if depth == 1, prefix[cursor..<end].elementsEqual(#""id""#.utf8) {
                    let digits = prefix[end...].drop { $0 == UInt8(ascii: ":") || $0 == 0x20 }
                        .prefix { (0x30...0x39).contains($0) }
                    return Int(String(decoding: digits, as: UTF8.self))
                }
                cursor = end
                continue
            default: break
            }
            cursor += 1
        }
        return nil
    }

    private static func endOfString(_ bytes: ArraySlice<UInt8>, from start: Int) -> Int {
        var cursor = start + 1
        while cursor < bytes.endIndex, bytes[cursor] != UInt8(ascii: "\"") {
            cursor += bytes[cursor] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(cursor + 1, bytes.endIndex)
    }
}
