// One import gives a program the whole façade: the types of its calls are
// declared in these modules.
@_exported public import EventStorage
@_exported public import GraphModel
@_exported public import Projections
@_exported public import Queries
@_exported public import SourceText
