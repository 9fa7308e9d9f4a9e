/** The course project's server; see each file. */
export {
  commandBytesMaxFor,
  commandNameProblem,
  datagramBytesLeast,
  datagramBytesMost,
  defaultDatagramBytesMax,
} from './command-name.ts'
export { Console, consoleCommands } from './console.ts'
export { type CourseOptions, defaultCourseOptions, raftOptionsFor } from './course-options.ts'
export { CourseServer } from './course-server.ts'
export { type LineFile, LogFile, LogFileError } from './log-file.ts'
export {
  fileNameFor,
  findServer,
  parseAddress,
  parseServerList,
  type ServerAddress,
  type ServerLine,
  ServerListError,
} from './server-list.ts'
export { WarningFilter } from './warning.ts'
