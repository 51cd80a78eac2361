import FoundationEssentials
import Glibc

/// Small packages of Python and npm that tests make, so that no index is needed.
package enum SamplePackages {
    /// A package could not be made.
    package struct Failure: Error {
        package let package: String
    }

    /// Writes a wheel with a program named like it; the same bytes each time.
    ///
    /// - Parameters:
    ///   - name: The distribution.
    ///   - version: Its version.
    ///   - requirements: What it needs; `extra:NAME:REQUIREMENT` for what an extra does.
    ///   - folder: Where the file is written.
    /// - Returns: The path of the file.
    /// - Throws: ``Failure`` without Python.
    @discardableResult
    package static func wheel(
        _ name: String,
        _ version: String = "1.0",
        needs requirements: [String] = [],
        in folder: String
    ) throws -> String {
        let script = TestEnvironment.checkout + "/Tests/Fixtures/make_wheel.py"
        let words = [script, folder, name, version] + requirements
        guard system("mkdir -p '\(folder)' && python3 " + words.map { "'\($0)'" }.joined(separator: " ")) == 0 else {
            throw Failure(package: name)
        }
        return "\(folder)/\(name.replacing("-", with: "_"))-\(version)-py3-none-any.whl"
    }

    /// Makes a folder with an `npm` that has a registry beside it.
    ///
    /// - Returns: The folder, for the search path; packages are written with ``tarball(_:_:files:in:)``.
    /// - Throws: ``Failure`` when it cannot be made.
    package static func registry(in folder: String) throws -> String {
        let script = TestEnvironment.checkout + "/Tests/Fixtures/npm_registry.js"
        let line = "mkdir -p '\(folder)/registry' && cp '\(script)' '\(folder)/npm' && chmod 755 '\(folder)/npm'"
        guard system(line) == 0 else { throw Failure(package: "npm") }
        return folder
    }

    /// Packs a package for the registry of ``registry(in:)``.
    ///
    /// - Parameters:
    ///   - stem: The name of its file, without an ending.
    ///   - description: Its `package.json`.
    ///   - files: What it has besides.
    ///   - folder: What ``registry(in:)`` gave.
    /// - Returns: The path of the file.
    /// - Throws: ``Failure`` without tar, or what the file system throws.
    @discardableResult
    package static func tarball(
        _ stem: String,
        _ description: String,
        files: [String: String] = [:],
        in folder: String
    ) throws -> String {
        let source = "\(folder)/sources/\(stem)/package"
        try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
        for (path, text) in files.merging(["package.json": description], uniquingKeysWith: { $1 }) {
            try Data(text.utf8).write(to: URL(filePath: "\(source)/\(path)"))
        }
        try Data(description.utf8).write(to: URL(filePath: "\(folder)/registry/\(stem).json"))
        let target = "\(folder)/registry/\(stem).tgz"
        guard system("tar -C '\(folder)/sources/\(stem)' -czf '\(target)' package") == 0 else {
            throw Failure(package: stem)
        }
        return target
    }
}
