import FoundationEssentials
import HeddleExtensions
import HeddleModel
import HeddleSandbox
import HeddleStore
import Logging

/// One thing that Heddle needs, and whether it is here.
package struct DoctorFinding: Sendable {
    package let name: String
    package let isAvailable: Bool
    package let isRequired: Bool
    package let detail: String
}

/// Looks at a machine and says what would keep Heddle from working well.
package enum Doctor {
    /// Everything worth saying, good and bad.
    package static func findings(configuration: ServerConfiguration) async -> [DoctorFinding] {
        let sandbox = Sandbox(logger: Logger(label: "heddle.doctor") { _ in SwiftLogNoOpLogHandler() })
        var result: [DoctorFinding] = []
        do {
            try sandbox.prepare()
        } catch {
            let text = (error as? HeddleError)?.message ?? "\(error)"
            result.append(DoctorFinding(name: "sandbox", isAvailable: false, isRequired: true, detail: text))
        }
        result += sandbox.findings()
            .map { finding in
                DoctorFinding(
                    name: finding.name,
                    isAvailable: finding.isAvailable,
                    isRequired: finding.isRequired,
                    detail: finding.detail
                )
            }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        result += await InstallerTools(searchPath: path).findings()
            .map { DoctorFinding(name: $0.name, isAvailable: $0.isAvailable, isRequired: false, detail: $0.detail) }
        let directory = configuration.text("data.directory")
        result.append(
            DoctorFinding(
                name: "data directory",
                isAvailable: isUsable(directory),
                isRequired: true,
                detail: directory
            )
        )
        result.append(await database(configuration))
        return result
    }

    /// Which database a server would have, and whether one on a server answers; a file that is missing is made.
    private static func database(_ configuration: ServerConfiguration) async -> DoctorFinding {
        let place = configuration.storePlace
        do {
            let report = try await place.status(migrations: HeddleApplication.migrations)
            return DoctorFinding(
                name: "database",
                isAvailable: true,
                isRequired: true,
                detail: "\(report.version) at \(place.name)"
            )
        } catch {
            let reason = (error as? HeddleError)?.message ?? "it cannot be read"
            return DoctorFinding(
                name: "database",
                isAvailable: false,
                isRequired: true,
                detail: "\(place.engine) at \(place.name): \(reason)"
            )
        }
    }

    /// Whether the directory, or the nearest one above it that exists, can be written.
    private static func isUsable(_ path: String) -> Bool {
        var candidate = path
        while !FileManager.default.fileExists(atPath: candidate), candidate != "/", !candidate.isEmpty {
            let parts = candidate.split(separator: "/").dropLast()
            candidate = "/" + parts.joined(separator: "/")
        }
        return FileManager.default.isWritableFile(atPath: candidate)
    }
}
