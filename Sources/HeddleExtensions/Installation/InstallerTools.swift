import HeddleModel

/// The tools of a host that installations from PyPI and npm run.
package struct InstallerTools: Sendable {
    /// One tool, and what it is for.
    package struct Finding: Sendable {
        /// What it is called.
        package let name: String
        /// Whether it is there and will do.
        package let isAvailable: Bool
        /// Where it is, or what is missing.
        package let detail: String
    }

    private let resolver: CommandResolver

    /// Makes it for the programs of a search path.
    package init(searchPath: String) {
        resolver = CommandResolver(searchPath: searchPath, protectedPaths: [])
    }

    /// Looks for all of them.
    package func findings() async -> [Finding] {
        var result: [Finding] = []
        do {
            let python = try await BasePython.find(configured: nil, resolver: resolver)
            let version = "\(python.version.major).\(python.version.minor)"
            result.append(
                Finding(
                    name: "python",
                    isAvailable: true,
                    detail: "\(python.executable), \(version), with venv and pip"
                )
            )
        } catch {
            let reason = (error as? HeddleError)?.message ?? "\(error)"
            result.append(Finding(name: "python", isAvailable: false, detail: "nothing from PyPI: \(reason)"))
        }
        for name in ["node", "npm"] {
            do {
                let program = try await resolver.resolve([name], directory: nil).command.last ?? name
                result.append(Finding(name: name, isAvailable: true, detail: program))
            } catch {
                let detail = "nothing from npm; install Debian's packages nodejs and npm"
                result.append(Finding(name: name, isAvailable: false, detail: detail))
            }
        }
        return result
    }
}
