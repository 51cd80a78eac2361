import FoundationEssentials
import Glibc
import HeddleModel
import JSON

/// `heddle.json` or `heddle.yaml`: sections inside sections, as ``ConfigurationOption/schema`` describes them.
struct ConfigurationFile: Sendable {
    /// Bytes that a file may have: every setting at its largest is far below.
    static let largest = 1 << 20

    let path: String

    /// Whether it is written in JSON; everything else is YAML.
    var isJSON: Bool { path.hasSuffix(".json") }

    /// The bytes of the file.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` when it cannot be read, is no file or is too large.
    func bytes() throws(HeddleError) -> [UInt8] {
        // A pipe that nobody writes to would never open.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.fault("cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.fault("cannot be read") }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw Self.fault("is a folder, not a file") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Self.fault("is not a plain file") }
        guard status.st_size <= Self.largest else { throw Self.tooLarge }
        var result = [UInt8](repeating: 0, count: Self.largest + 1)
        var count = 0
        while count < result.count {
            let read = result[count...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw Self.fault("cannot be read: \(String(cString: strerror(errno)))") }
            guard read > 0 else { return Array(result[..<count]) }
            count += read
        }
        throw Self.tooLarge
    }

    /// What bytes of the file say.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` when they are neither JSON nor YAML.
    func value(_ bytes: [UInt8]) throws(HeddleError) -> JSONValue {
        guard isJSON else {
            do throws(HeddleError) {
                let value = try YAMLText.value(bytes, code: .invalidConfiguration)
                return value == .null ? [:] : value
            } catch {
                throw Self.fault("cannot be used: \(error.message)")
            }
        }
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw Self.fault("is not JSON: \(error)")
        }
    }

    private static let tooLarge = fault("is larger than \(largest >> 20) MB")

    /// The message goes on where the path ends.
    private static func fault(_ message: String) -> HeddleError { HeddleError(.invalidConfiguration, message) }
}
