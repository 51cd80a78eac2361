package import HeddleModel
import JSON

extension MCPConnection {
    /// Every tool of the extension, page by page.
    ///
    /// - Throws: ``HeddleError`` with `extensionProtocol` when a bound on pages, tools or bytes is passed, a name comes
    ///   twice, or a definition breaks the protocol; and what a call can throw.
    package func listTools(era: MCPEra, timeout: Duration) async throws -> [ToolDefinition] {
        var tools: [ToolDefinition] = []
        var names: Set<String> = []
        var (bytes, entries) = (0, 0)
        var cursor: String?
        for _ in 0..<limits.listPages {
            let page = try await page(cursor, era: era, timeout: timeout)
            guard let list = page["tools"], list.kind == .array else {
                throw HeddleError(.extensionProtocol, "the extension's list of tools is no list")
            }
            for view in list.elements {
                let tool = try ToolDefinition(view)
                guard names.insert(tool.name).inserted else {
                    throw HeddleError(.extensionProtocol, "the extension lists the tool '\(tool.name)' twice")
                }
                bytes += tool.document.bytes.count
                entries += tool.document.tape.count
                try checkBounds(tools: tools.count + 1, bytes: bytes, entries: entries)
                tools.append(tool)
            }
            guard let next = page["nextCursor"]?.string else { return tools }
            cursor = next
        }
        throw HeddleError(
            .extensionProtocol,
            "the extension's list of tools has more than \(limits.listPages) pages",
            details: ["limit": "list_pages", "value": String(limits.listPages)]
        )
    }

    private func page(_ cursor: String?, era: MCPEra, timeout: Duration) async throws -> JSONView {
        let params = cursor.map { Array("\"cursor\":".utf8) + JSONValue.string($0).bytes } ?? []
        switch try await request("tools/list", params: params, era: era, timeout: timeout) {
        case .result(let result): return result
        case .failure(let failure):
            throw HeddleError(
                .extensionRefused,
                "the extension does not list its tools: \(failure.message.clipped(200))"
            )
        }
    }

    private func checkBounds(tools: Int, bytes: Int, entries: Int) throws(HeddleError) {
        guard tools <= limits.tools else {
            throw HeddleError(
                .extensionProtocol,
                "the extension lists more than \(limits.tools) tools",
                details: ["limit": "tools", "value": String(limits.tools)]
            )
        }
        guard bytes <= limits.definitionBytes else {
            throw HeddleError(
                .extensionProtocol,
                "the extension's tool definitions are larger than \(limits.definitionBytes) bytes",
                details: ["limit": "definition_bytes", "value": String(limits.definitionBytes)]
            )
        }
        guard entries <= limits.definitionEntries else {
            throw HeddleError(
                .extensionProtocol,
                "the extension's tool definitions have more than \(limits.definitionEntries) values",
                details: ["limit": "definition_entries", "value": String(limits.definitionEntries)]
            )
        }
    }
}
