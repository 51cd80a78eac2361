/// What a signature says that is not wrong; a wrong one is an error.
package enum SignatureVerdict: Sendable, Hashable {
    /// There is none.
    case absent
    /// It is of a publisher whom the operator trusts.
    case trusted(publisher: String, key: String)
    /// It is right, and of somebody of whom nothing is known but the key.
    case unknown(key: String)
    /// It names a key that is not known and does not bring it, so that nobody can tell.
    case unverifiable(key: String)
}
