import HeddleModel
import JSON

/// Finds out how an installed package of npm is started.
struct NodeEntryPoint {
    /// The folder that has `node_modules`.
    let directory: String

    /// An installed package with its own description.
    struct Package {
        let name: String
        let version: String
        let folder: String
        /// The scripts it offers as programs, by name, as paths inside of its folder.
        let programs: [String: String]
    }

    /// Reads the description of an installed package; no link among its files is followed.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed`.
    func package(_ name: String) throws(HeddleError) -> Package {
        let folder = "\(directory)/node_modules/\(name)"
        let steps = HostPath.ancestry(folder).filter { $0.hasPrefix(directory + "/") } + [folder]
        guard steps.allSatisfy({ HostFile($0, followingLinks: false)?.kind == .folder }),
            let bytes = HostFile.read(folder + "/package.json", upTo: 1 << 20, followingLinks: false),
            let root = try? JSONDocument(bytes).root, let version = root["version"]?.string
        else { throw HeddleError(.installationFailed, "npm did not install '\(name.clipped(100))'") }
        var programs: [String: String] = [:]
        if let bin = root["bin"] {
            if let script = bin.string { programs[String(name.split(separator: "/").last ?? "")] = script }
            for member in bin.members {
                if let key = member.name.string, let script = member.value.string { programs[key] = script }
            }
        }
        return Package(name: name, version: version, folder: folder, programs: programs)
    }

    /// The command of a package: the program that is asked for, the one named like it, or the only one.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed` that lists the programs there are.
    func command(of package: Package, program: String?) throws(HeddleError) -> [String] {
        let own = String(package.name.split(separator: "/").last ?? "")
        let chosen: String?
        if let program {
            chosen = package.programs[program]
        } else {
            chosen = package.programs[own] ?? (package.programs.count == 1 ? package.programs.values.first : nil)
        }
        guard let chosen else {
            let message =
                if let program {
                    "'\(package.name)' has no program '\(program.clipped(64))'"
                } else if package.programs.isEmpty {
                    "'\(package.name)' has no program to run"
                } else {
                    "'\(package.name)' has several programs; name the one that starts it"
                }
            let list = package.programs.keys.sorted().prefix(16).joined(separator: ", ").clipped(500)
            throw HeddleError(.installationFailed, message, details: ["programs": list])
        }
        let folder = HostFile.realPath(package.folder) ?? package.folder
        let path = HostPath.normalised(folder + "/" + chosen)
        guard !chosen.hasPrefix("/"), !chosen.utf8.contains(0), HostPath.isInside(path, folder),
            let real = HostFile.realPath(path), HostPath.isInside(real, folder), HostFile.isRegular(real)
        else {
            throw HeddleError(.installationFailed, "the program of '\(package.name)' is not a file of its own")
        }
        return ["node", real]
    }
}
