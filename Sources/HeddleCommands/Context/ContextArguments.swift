import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

extension ContextType: ExpressibleByArgument {}
extension ContextStatus: ExpressibleByArgument {}
extension ContextPriority: ExpressibleByArgument {}
extension ContextVisibility: ExpressibleByArgument {}
extension JoinPolicy: ExpressibleByArgument {}
extension ParticipantType: ExpressibleByArgument {}
extension ParticipantStatus: ExpressibleByArgument {}
extension SessionStatus: ExpressibleByArgument {}

/// The context that a command is about.
package struct ContextArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The id of the context.", valueName: "context"))
    var id: String

    package init() {}
}

/// The version that something has to have to be changed.
package struct VersionOption: ParsableArguments {
    @Option(help: ArgumentHelp("Refuse when others have changed it since this version.", valueName: "version"))
    var ifVersion: Int?

    package init() {}
}

/// Reads what is sent from files.
enum ContextFile {
    /// Largest document that is sent, in bytes.
    private static let largest = 64 << 20

    /// The JSON in a file; `-` is standard input.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`, `bodyTooLarge`, `malformedJSON`.
    static func json(_ path: String) throws(HeddleError) -> JSONValue {
        let bytes = try path == "-" ? FileBytes.standardInput(limit: largest) : FileBytes.read(path, limit: largest)
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw HeddleError(.malformedJSON, "'\(path)' is not acceptable JSON: \(error)")
        }
    }

    /// The JSON object in a file; an empty one for no file.
    ///
    /// - Throws: as ``json(_:)`` does, or ``HeddleError`` with `invalidRequest` for another kind of value.
    static func object(_ path: String?) throws(HeddleError) -> JSONObject {
        guard let path else { return JSONObject() }
        guard let object = try json(path).object else {
            throw HeddleError(.invalidRequest, "'\(path)' is no JSON object")
        }
        return object
    }
}

extension JSONObject {
    /// Sets a member of an object in this one, and leaves all as it is when there is nothing to set.
    mutating func set(_ outer: String, _ name: String, _ value: JSONValue?) {
        guard let value else { return }
        var object = self[outer]?.object ?? JSONObject()
        object[name] = value
        self[outer] = .object(object)
    }

    /// Sets a member, and leaves what is there when there is nothing to set.
    mutating func set(_ name: String, _ value: JSONValue?) {
        if let value { self[name] = value }
    }
}

extension [String] {
    /// The list that an option repeats; nil when it was not given.
    var list: JSONValue? { isEmpty ? nil : .array(map(JSONValue.string)) }
}
