import HeddleModel
import Synchronization

/// What the steps of an installation printed, bounded, and what of it is worth telling.
final class InstallationLog: Sendable {
    private struct State {
        var text = ""
        var isCut = false
        /// The last lines that pip or Python marked as errors, or that were printed at all.
        var lastError: String?
        var lastLine: String?
        /// What follows the last error.
        var details: [String] = []
        var sawRetry = false
    }

    private static let maximumBytes = 256 << 10

    private let state = Mutex(State())

    /// Adds one line.
    func add(_ line: String) {
        state.withLock { state in
            if state.text.utf8.count + line.utf8.count < Self.maximumBytes {
                state.text += line + "\n"
            } else if !state.isCut {
                state.isCut = true
                state.text += "… the rest is left out\n"
            }
            let plain = line.trimmed()
            guard !plain.isEmpty, !plain.hasPrefix("[notice]") else { return }
            state.lastLine = plain
            if plain.hasPrefix("ERROR:") || plain.hasPrefix("Error:") {
                state.lastError = plain
                state.details = []
            } else if state.lastError != nil, state.details.count < 3 {
                state.details.append(plain)
            }
            // npm says what is wrong first, and where its log is last.
            if state.lastError == nil, plain.hasPrefix("npm error "), !plain.hasPrefix("npm error code") {
                state.lastError = String(plain.dropFirst(10))
            }
            if plain.contains("Retrying (") || plain.contains("ENOTFOUND") || plain.contains("EAI_AGAIN") {
                state.sawRetry = true
            }
        }
    }

    var bytes: [UInt8] { state.withLock { Array($0.text.utf8) } }

    /// The sentence that tells best why a step failed.
    var reason: String {
        let (line, sawRetry) = state.withLock { ($0.lastError ?? $0.lastLine ?? "no output", $0.sawRetry) }
        let text = line.lowercased().hasPrefix("error:") ? line.dropFirst(6) : line[...]
        let reason = String(text.trimmed().prefix(300))
        return sawRetry ? reason + " (the package index could not be reached)" : reason
    }

    /// What follows the last error, on one line.
    var details: String {
        String(state.withLock { $0.details.joined(separator: " ") }.prefix(400))
    }

    /// Runs an installation and writes the log beside what it made.
    ///
    /// One that fails leaves the log alone, one that is cancelled nothing.
    func keep<Value>(
        in directory: String,
        removing made: [String],
        _ stages: () async throws -> Value
    ) async throws -> Value {
        let path = directory + "/install.log"
        do {
            let result = try await stages()
            _ = InstallationTree.write(bytes, to: path, mode: 0o600)
            return result
        } catch {
            for path in made { InstallationTree.remove(path) }
            let isCancelled = error is CancellationError || (error as? HeddleError)?.code == .cancelled
            if isCancelled {
                InstallationTree.remove(path)
            } else {
                _ = InstallationTree.write(bytes, to: path, mode: 0o600)
            }
            throw error
        }
    }
}
