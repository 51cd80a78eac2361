import FoundationEssentials
import HeddleModel
import HeddleStore

extension DataDirectory {
    /// The secret in a file of the directory, 32 bytes of chance that are made at the first start.
    ///
    /// - Throws: ``HeddleError`` when it can be neither read nor written.
    func secret(_ name: String) throws(HeddleError) -> [UInt8] {
        if let known = try? Data(contentsOf: URL(filePath: "\(path)/\(name)")), known.count == 32 {
            return Array(known)
        }
        var generator = SystemRandomNumberGenerator()
        let made = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        try writeFile(name, made, mode: 0o600)
        return made
    }
}
