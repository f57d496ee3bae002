# The parts Traction is built from: Debian's packages, and three from npm that Debian lacks in a fit version.
find_package(fmt REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)

add_library(traction_sodium INTERFACE)
target_link_libraries(traction_sodium INTERFACE PkgConfig::SODIUM)
add_library(traction_archive INTERFACE)
target_link_libraries(traction_archive INTERFACE PkgConfig::ARCHIVE)

find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(spdlog REQUIRED)
pkg_check_modules(BROTLI REQUIRED IMPORTED_TARGET libbrotlienc)
add_library(traction_web_parts INTERFACE)
target_link_libraries(traction_web_parts INTERFACE OpenSSL::SSL ZLIB::ZLIB PkgConfig::BROTLI spdlog::spdlog)

find_library(DATE_TZ_LIBRARY date-tz REQUIRED)
add_library(traction_date INTERFACE)
target_link_libraries(traction_date INTERFACE ${DATE_TZ_LIBRARY})

set(NPM ${CMAKE_SOURCE_DIR}/node_modules)
set(SQLITE_SOURCE ${NPM}/better-sqlite3/deps/sqlite3)
set(DUCKDB_LIBRARY ${NPM}/@duckdb/node-bindings-linux-x64/libduckdb.so)
set(DUCKDB_INCLUDE ${NPM}/duckdb/src/duckdb/src/include)
foreach(part ${SQLITE_SOURCE}/sqlite3.c ${DUCKDB_LIBRARY} ${DUCKDB_INCLUDE}/duckdb.h)
  if(NOT EXISTS ${part})
    message(FATAL_ERROR "${part} is missing: run script/bootstrap")
  endif()
endforeach()

add_library(traction_sqlite STATIC ${SQLITE_SOURCE}/sqlite3.c)
target_include_directories(traction_sqlite SYSTEM PUBLIC ${SQLITE_SOURCE})
# Sanitizers watch our code; in this one file they would only take minutes to compile.
target_compile_options(traction_sqlite PRIVATE -w -O2 -fno-sanitize=all)
target_compile_definitions(traction_sqlite PUBLIC
  SQLITE_THREADSAFE=2 SQLITE_ENABLE_FTS5 SQLITE_DQS=0 SQLITE_DEFAULT_WAL_SYNCHRONOUS=2 SQLITE_LIKE_DOESNT_MATCH_BLOBS
  SQLITE_OMIT_DEPRECATED SQLITE_OMIT_SHARED_CACHE SQLITE_USE_ALLOCA SQLITE_DEFAULT_MEMSTATUS=0 SQLITE_OMIT_LOAD_EXTENSION
  SQLITE_ENABLE_DBPAGE_VTAB)
target_link_libraries(traction_sqlite PUBLIC Threads::Threads)

add_library(traction_duckdb SHARED IMPORTED)
set_target_properties(traction_duckdb PROPERTIES
  IMPORTED_LOCATION ${DUCKDB_LIBRARY} IMPORTED_SONAME libduckdb.so INTERFACE_INCLUDE_DIRECTORIES ${DUCKDB_INCLUDE})
set(CMAKE_BUILD_RPATH "$ORIGIN")
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib")
