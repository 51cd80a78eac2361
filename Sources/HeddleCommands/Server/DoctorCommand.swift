package import ArgumentParser
import HeddleClient
import HeddleModel
import HeddleServer
import JSON

/// `heddle doctor`: whether this machine has what a server needs; works without a server.
package struct DoctorCommand: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check whether this machine has what Heddle needs."
    )

    @Option(help: ArgumentHelp("A configuration file, JSON or YAML.", valueName: "path"))
    var config: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let configuration = try LocalConfiguration.load(file: config, global: global)
        var findings = await Doctor.findings(configuration: configuration).map(Finding.init)
        findings.append(try await server())
        global.results.render(Page(items: findings), hint: "nothing to check")
        if findings.contains(where: { $0.isRequired && !$0.isAvailable }) { throw ExitCode.failure }
    }

    private func server() async throws -> Finding {
        let settings = try global.settings()
        return try await global.withClient { client in
            do {
                let status = try await client.status()
                return Finding("server", true, "version \(status.version) answers at \(settings.server)")
            } catch let error as HeddleError {
                return Finding("server", false, settings.explained(error).message)
            }
        }
    }

    /// One thing that was looked at.
    struct Finding: ListDisplayable {
        let name: String
        let isAvailable: Bool
        let isRequired: Bool
        let detail: String

        init(_ name: String, _ isAvailable: Bool, _ detail: String) {
            self.name = name
            self.isAvailable = isAvailable
            isRequired = false
            self.detail = detail
        }

        init(_ finding: DoctorFinding) {
            name = finding.name
            isAvailable = finding.isAvailable
            isRequired = finding.isRequired
            detail = finding.detail
        }

        init(_ json: JSONValue) {
            name = json["name"]?.string ?? ""
            isAvailable = json["available"]?.bool ?? false
            isRequired = json["required"]?.bool ?? false
            detail = json["detail"]?.string ?? ""
        }

        var json: JSONValue {
            [
                "name": .string(name), "available": .bool(isAvailable), "required": .bool(isRequired),
                "detail": .string(detail),
            ]
        }

        static let tableHeader = ["CHECK", "RESULT", "DETAIL"]

        var tableRow: [String] {
            [name, isAvailable ? "ok" : isRequired ? "MISSING" : "absent", detail]
        }
    }
}
