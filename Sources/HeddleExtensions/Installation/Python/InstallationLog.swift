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
            if plain.hasPrefix("ERROR:") || plain.hasPrefix("Error:") { state.lastError = plain }
            if plain.contains("Retrying (") { state.sawRetry = true }
        }
    }

    var bytes: [UInt8] { state.withLock { Array($0.text.utf8) } }

    /// The sentence that tells best why a step failed.
    func reason(allowBuild: Bool) -> String {
        let (line, sawRetry) = state.withLock { ($0.lastError ?? $0.lastLine ?? "no output", $0.sawRetry) }
        let text = line.lowercased().hasPrefix("error:") ? line.dropFirst(6) : line[...]
        let reason = String(text.trimmed().prefix(300))
        if sawRetry { return reason + " (the package index could not be reached)" }
        if !allowBuild, reason.hasPrefix("No matching distribution") {
            return reason + " (only ready-made wheels are taken, unless building is allowed)"
        }
        return reason
    }
}
