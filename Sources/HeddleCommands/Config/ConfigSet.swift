package import ArgumentParser
import Glibc
import HeddleClient
import HeddleModel
import HeddleServer
import JSON

/// `heddle config set`: changes one setting in the configuration file.
package struct ConfigSet: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change one setting in the configuration file.",
        discussion: """
            The file is the one of --config, else of HEDDLE_CONFIG, else the one that the server on this machine reads; it
            is made when it is not there. It keeps its comments and its mode, and changes only when a server could start
            with the result. 'heddle config reload' tells a running server.
            """
    )

    @Argument(help: "Such as http.port.", completion: .list(ConfigurationOption.keys))
    var key: String

    @Argument(help: "The new value, the elements of a list separated by commas; '-' reads it from standard input.")
    var value: String?

    @Flag(help: "Take the setting out of the file.")
    var unset = false

    @Option(help: ArgumentHelp("A configuration file, JSON or YAML.", valueName: "path"))
    var config: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func validate() throws {
        if unset == (value != nil) { throw ValidationError("Give either a value or --unset.") }
    }

    package func run() async throws {
        let option = try ConfigurationOption.named(key)
        let text = value == "-" ? try Self.standardInput() : value
        let layers = LocalConfiguration.layers(file: try await file(), global: global)
        let editor = try ConfigurationEditor(layers)
        var record = AuditRecord(
            principal: Self.person,
            origin: "commandLine",
            action: unset ? "config.unset" : "config.set",
            file: layers.file
        )
        do throws(HeddleError) {
            let outcome = try editor.set(option, text)
            if outcome.isChanged { record.changes = [outcome.change] }
            note(record, in: outcome.configuration.dataDirectory)
            report(outcome, layers.file ?? "")
        } catch {
            record.error = error
            record.changes = [.init(option, from: "", to: text ?? "", .refused)]
            note(record, in: try global.settings().dataDirectory)
            throw error
        }
    }

    private func file() async throws -> String? {
        if let file = LocalConfiguration.file(config) { return file }
        guard try global.settings().server.isLoopback else { return nil }
        return try await EffectiveConfiguration.running(global)?.file
    }

    /// One line of standard input: arguments can be seen by all users of the machine.
    private static func standardInput() throws(HeddleError) -> String {
        var text = String(decoding: try FileBytes.standardInput(limit: 64 << 10), as: UTF8.self)
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    private static var person: String {
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return "user \(getuid())" }
        return String(cString: name)
    }

    /// Leaves a line in the audit log, if there is a data directory.
    private func note(_ record: AuditRecord, in directory: String) {
        guard FileBytes.exists(directory) else { return }
        do throws(HeddleError) {
            try AuditLog(directory: directory, clock: SystemWallClock()).append(record)
        } catch {
            Terminal.error.line("warning: \(DisplayText.line(error.message))")
        }
    }

    private func report(_ outcome: ConfigurationEditor.Outcome, _ file: String) {
        let change = outcome.change
        let sentence =
            outcome.isChanged
            ? "\(change.key): '\(change.old)' -> '\(change.new)' in \(file)" : "\(file) says so already"
        global.results.render(
            sentence,
            json: [
                "file": .string(file), "key": .string(change.key), "old": .string(change.old),
                "new": .string(change.new), "changed": .bool(outcome.isChanged),
            ]
        )
        guard let entry = outcome.effective, entry.source == .environment || entry.source == .flag else { return }
        Terminal.error.line("\(entry.origin ?? "the environment") wins over the file here: \(entry.value)")
    }
}
