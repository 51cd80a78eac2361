import HeddleExtensions
import HeddleMCP
import HeddleModel
import JSON

/// Which extensions an endpoint shows, and under which names.
///
/// `/mcp` shows all: names of tools and prompts carry the extension's, and resources keep their addresses, of which the first
/// extension by name that lists one has it. `/mcp/extensions/<name>` shows one as it is.
enum MCPScope: Sendable, Equatable {
    case all
    case one(String)

    /// Bytes of the address of a resource.
    static let longestAddress = 4096
    /// Between an extension's name and that of what it offers.
    static let separator = "__"

    /// The extension of an endpoint that has only one.
    var extensionName: String? {
        switch self {
        case .all: nil
        case .one(let name): name
        }
    }

    // MARK: Tools

    /// The tools in the order in which they are listed, each with the name that it has here.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `extensionInactive` or `definitionHeld`.
    func tools(_ registry: ExtensionRegistry) throws(HeddleError) -> [RegistryEntry.ExportedTool] {
        switch self {
        case .all: return registry.snapshot.exportedTools
        case .one(let name):
            return try registry.active(name).capabilities
                .map { RegistryEntry.ExportedTool(exportedName: $0.tool.name, extensionName: name, tool: $0.tool) }
        }
    }

    /// The tool that a name means here.
    ///
    /// - Throws: as ``tools(_:)``.
    func tool(_ name: String, _ registry: ExtensionRegistry) throws(HeddleError) -> RegistryEntry.ExportedTool? {
        switch self {
        case .all: return registry.snapshot.exportedTool(name)
        case .one(let extensionName):
            guard let tool = try registry.active(extensionName).tool(name) else { return nil }
            return RegistryEntry.ExportedTool(exportedName: name, extensionName: extensionName, tool: tool)
        }
    }

    // MARK: Prompts and resources

    /// The name of a prompt here.
    func exported(_ prompt: String, of name: String) -> String {
        self == .all ? name + Self.separator + prompt : prompt
    }

    /// The extension that a name means here, and the name that it knows.
    func owned(_ name: String) -> (extensionName: String, name: String)? {
        switch self {
        case .one(let extensionName): return (extensionName, name)
        case .all:
            guard let range = name.firstRange(of: Self.separator) else { return nil }
            return (String(name[..<range.lowerBound]), String(name[range.upperBound...]))
        }
    }

    /// The extension that has the resource of an address: one that lists it, else one whose template it fits.
    func owner(of uri: String, _ offers: OfferBook) async -> String? {
        if case .one(let name) = self { return name }
        for (name, items) in await offers.all(.resources)
        where items.contains(where: { $0["uri"]?.equals(uri) == true }) {
            return name.rawValue
        }
        for (name, items) in await offers.all(.templates)
        where items.contains(where: { $0["uriTemplate"]?.string.map { URITemplate($0).matches(uri) } ?? false }) {
            return name.rawValue
        }
        return nil
    }
}
