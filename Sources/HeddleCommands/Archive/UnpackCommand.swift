import Archive
package import ArgumentParser
import HeddleExtensions
import HeddleModel

/// `heddle unpack`: what the server runs in the sandbox for archives of strangers.
package struct UnpackCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "unpack",
        abstract: "Unpack a .tar, .tar.gz or .zip into an empty folder, refusing whatever is not a plain file in it.",
        shouldDisplay: false
    )

    @Argument(help: "The archive.")
    var archive: String

    @Argument(help: "The folder.")
    var directory: String

    package init() {}

    package func run() throws {
        do throws(ArchiveError) {
            let contents = try ArchiveUnpacker().unpack(archive, into: directory)
            Terminal.output.line("\(contents.files) files, \(contents.bytes) bytes")
        } catch {
            // The last line that begins like this is what the server tells.
            Terminal.error.line("Error: \(DisplayText.line(error.message))")
            throw error.reason == .storageFull ? ExitCode(ArchiveInstaller.storageFullStatus) : ExitCode.failure
        }
    }
}
