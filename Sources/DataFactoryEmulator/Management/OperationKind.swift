/// Which of ARM's two budgets a call is charged to.
enum OperationKind: String, Sendable {
    case read
    case write
}
