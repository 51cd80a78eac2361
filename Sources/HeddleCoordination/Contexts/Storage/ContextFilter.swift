package import HeddleModel

/// Which contexts a list shows, and where it goes on.
package struct ContextFilter: Sendable {
    package var type: ContextType?
    package var status: ContextStatus?
    package var ownerID: String?
    /// Values of the metadata that all have to be there.
    package var labels: [ContextLabel] = []
    /// Words, or beginnings of words, that all have to be there.
    package var words: [String] = []
    /// The sequence of the last context that was shown.
    package var after: Int?
    package var limit = 20
    /// The oldest first, as an export goes; the newest first otherwise.
    package var isAscending = false

    package init() {}
}
