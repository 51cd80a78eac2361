package import JSON

/// One tool as its extension describes it; a capability of the extension.
package struct ToolDefinition: Sendable {
    package let name: String
    /// The whole definition as compact JSON, byte for byte what clients are shown.
    package let document: JSONDocument
    /// What its schemas ask for.
    package let contract: ToolContract
    /// The parameters that requests over HTTP repeat in headers.
    package let headerParameters: [ToolHeader]

    /// Checks a definition from `tools/list`.
    ///
    /// - Throws: ``HeddleError`` with `extensionProtocol` when the name breaks the protocol's rule (1 to 128 of letters,
    ///   digits and `_ . -`) or there is no input schema of type object.
    package init(_ view: JSONView) throws(HeddleError) {
        guard let name = view["name"]?.string, Self.isName(name) else {
            throw HeddleError(.extensionProtocol, "a tool's name is 1 to 128 letters, digits, '_', '.' or '-'")
        }
        guard let schema = view["inputSchema"], schema.kind == .object else {
            throw HeddleError(
                .extensionProtocol,
                "the tool '\(name)' has no input schema",
                details: ["tool": name]
            )
        }
        var writer = JSONWriter(capacity: view.range.count)
        writer.raw(view)
        do throws(JSONError) {
            document = try JSONDocument(writer.bytes)
        } catch {
            throw HeddleError(.extensionProtocol, "the definition of '\(name)' cannot be read again", cause: error)
        }
        self.name = name
        contract = ToolContract(name: name, document: document)
        headerParameters = ToolHeader.all(in: document.root["inputSchema"]) ?? []
    }

    package var title: String? {
        document.root["title"]?.string ?? document.root["annotations"]?["title"]?.string
    }
    package var description: String? { document.root["description"]?.string }
    package var inputSchema: JSONView? { document.root["inputSchema"] }
    package var outputSchema: JSONView? { document.root["outputSchema"] }
    package var annotations: JSONView? { document.root["annotations"] }

    private static func isName(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2E, 0x2D: true
                default: false
                }
            }
    }
}
