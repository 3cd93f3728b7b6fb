/*
 * gpushare: MPS, from C++17. Part of gpushare.hpp, whose first page holds here too.
 */
#ifndef GPUSHARE_MPS_HPP
#define GPUSHARE_MPS_HPP

#include "gpushare.hpp"

namespace gpushare {

class mps_server;

/// The SMs that a client gets of a GPU with `total` by a share in percent.
inline std::uint32_t mps_multiprocessors(double percentage, std::uint32_t total) {
    return detail::ask<std::uint32_t>(gpushare_mps_multiprocessors, percentage, total);
}

namespace detail {

/// A text that may be none.
template <typename Function, typename... Arguments>
std::optional<std::string> make_optional_text(Function function, Arguments... arguments) {
    char *given = ask<char *>(function, arguments...);
    return given == nullptr ? std::nullopt : std::optional<std::string>(taken(given));
}

} // namespace detail

/// What is known to go wrong with a share on an architecture; nothing where nothing is.
inline std::optional<std::string> mps_advisory(double percentage, std::uint32_t architecture) {
    return detail::make_optional_text(gpushare_mps_advisory, percentage, architecture);
}

/// Whether a daemon lives in a pipe directory.
struct mps_presence {
    bool present;
    std::uint32_t pid; ///< 0 where there is none or its processes are not seen here.

    static mps_presence of(const std::string &pipe_directory) {
        mps_presence found{};
        detail::call(gpushare_mps_presence, pipe_directory.c_str(), &found.present, &found.pid);
        return found;
    }
};

inline void create_mps_pipe_directory(const std::string &path) { detail::call(gpushare_mps_pipe_directory_create, path.c_str()); }

class mps_client : public detail::object<gpushare_mps_client_t, detail::free_with_owner<gpushare_mps_client_t>> {
public:
    using object::object;

    std::uint32_t pid() const noexcept { return gpushare_mps_client_pid(get()); }
    std::uint32_t context() const noexcept { return gpushare_mps_client_context(get()); }
    std::uint32_t server() const noexcept { return gpushare_mps_client_server(get()); }
    std::string device() const { return detail::text(gpushare_mps_client_device(get())); }
    std::uint64_t pid_namespace() const noexcept { return gpushare_mps_client_namespace(get()); }
    bool is_in_this_pid_namespace() const noexcept { return gpushare_mps_client_is_in_this_pid_namespace(get()); }
    std::string command() const { return detail::text(gpushare_mps_client_command(get())); }
};

class mps_log_record : public detail::object<gpushare_mps_log_record_t, detail::free_with_owner<gpushare_mps_log_record_t>> {
public:
    using object::object;

    std::string time() const { return detail::text(gpushare_mps_log_record_time(get())); }
    std::uint32_t role() const noexcept { return gpushare_mps_log_record_role(get()); } ///< GPUSHARE_MPS_LOG_...
    std::uint32_t pid() const noexcept { return gpushare_mps_log_record_pid(get()); }
    std::string text() const { return detail::text(gpushare_mps_log_record_text(get())); }
};

using mps_client_list = list<mps_client, gpushare_mps_client_list_t, gpushare_mps_client_list_free, gpushare_mps_client_list_len,
                             gpushare_mps_client_list_get>;
using mps_server_list = list<mps_server, gpushare_mps_server_list_t, gpushare_mps_server_list_free, gpushare_mps_server_list_len,
                             gpushare_mps_server_list_get>;
using mps_log = list<mps_log_record, gpushare_mps_log_record_list_t, gpushare_mps_log_record_list_free,
                     gpushare_mps_log_record_list_len, gpushare_mps_log_record_list_get>;

/// A server, which runs on when this is gone.
class mps_server : public detail::object<gpushare_mps_server_t, gpushare_mps_server_free> {
public:
    using object::object;
    /// One that outlives what C lends.
    static mps_server clone(const c_type *lent) { return mps_server(gpushare_mps_server_clone(lent)); }

    std::uint32_t pid() const noexcept { return gpushare_mps_server_pid(get()); }
    /// GPUSHARE_MPS_SERVER_...
    std::uint32_t status() const { return detail::ask<std::uint32_t>(gpushare_mps_server_status, get()); }
    std::vector<std::uint32_t> clients() const {
        const std::unique_ptr<gpushare_pid_list_t, void (*)(gpushare_pid_list_t *)> given(
            detail::ask<gpushare_pid_list_t *>(gpushare_mps_server_clients, get()), gpushare_pid_list_free);
        return detail::pids(given.get());
    }
    /// 0 while the server is busy.
    double active_thread_percentage() const { return detail::ask<double>(gpushare_mps_server_active_thread_percentage, get()); }
    void set_active_thread_percentage(double percentage) const {
        detail::call(gpushare_mps_server_set_active_thread_percentage, get(), percentage);
    }
    std::optional<std::string> pinned_device_memory_limit(std::uint32_t device) const {
        return detail::make_optional_text(gpushare_mps_server_pinned_device_memory_limit, get(), device);
    }
    void set_pinned_device_memory_limit(std::uint32_t device, std::uint64_t limit_mib) const {
        detail::call(gpushare_mps_server_set_pinned_device_memory_limit, get(), device, limit_mib);
    }
    void terminate_client(std::uint32_t pid) const { detail::call(gpushare_mps_server_terminate_client, get(), pid); }
    void shut_down(bool force = false) const { detail::call(gpushare_mps_server_shut_down, get(), force); }
};

/// How to start or reach a daemon.
struct mps_daemon_options {
    std::optional<std::string> program; ///< Nothing for the one on the path.
    std::optional<std::string> log_directory; ///< Nothing for one beside the pipe directory.
    std::vector<gpu> gpus; ///< None, with no MIG device either, for all.
    std::optional<gpushare::mig_device> mig_device;
    std::chrono::milliseconds patience{0}; ///< 0 for 10 s.
    std::uint32_t flags = 0; ///< GPUSHARE_MPS_ALL_USERS, GPUSHARE_MPS_MULTI_USER
};

/// A control daemon, which runs on when this is gone.
class mps_daemon : public detail::object<gpushare_mps_daemon_t, gpushare_mps_daemon_free> {
public:
    using object::object;
    /// One that outlives what C lends.
    static mps_daemon clone(const c_type *lent) { return mps_daemon(gpushare_mps_daemon_clone(lent)); }

    static mps_daemon start(const std::string &pipe_directory, const mps_daemon_options &options = {}) {
        return by(gpushare_mps_daemon_start, pipe_directory, options);
    }
    static mps_daemon attach(const std::string &pipe_directory, const mps_daemon_options &options = {}) {
        return by(gpushare_mps_daemon_attach, pipe_directory, options);
    }

    std::string pipe_directory() const { return detail::text(gpushare_mps_daemon_pipe_directory(get())); }
    std::uint32_t pid() const { return detail::ask<std::uint32_t>(gpushare_mps_daemon_pid, get()); }
    mps_server_list servers() const { return detail::make<mps_server_list>(gpushare_mps_daemon_servers, get()); }
    mps_client_list clients() const { return detail::make<mps_client_list>(gpushare_mps_daemon_clients, get()); }
    /// Throws where a client of this user would wait for the clients of another one.
    void verify_user(std::uint32_t uid) const { detail::call(gpushare_mps_daemon_verify_user, get(), uid); }
    /// What to know where the daemon is of another driver than the one behind NVML.
    std::optional<std::string> version_advisory(const nvml &of) const {
        return detail::make_optional_text(gpushare_mps_daemon_version_advisory, get(), of.get());
    }
    void start_server(std::uint32_t uid) const { detail::call(gpushare_mps_daemon_start_server, get(), uid); }
    double default_active_thread_percentage() const {
        return detail::ask<double>(gpushare_mps_daemon_default_active_thread_percentage, get());
    }
    void set_default_active_thread_percentage(double percentage) const {
        detail::call(gpushare_mps_daemon_set_default_active_thread_percentage, get(), percentage);
    }
    std::optional<std::string> default_pinned_device_memory_limit(std::uint32_t device) const {
        return detail::make_optional_text(gpushare_mps_daemon_default_pinned_device_memory_limit, get(), device);
    }
    void set_default_pinned_device_memory_limit(std::uint32_t device, std::uint64_t limit_mib) const {
        detail::call(gpushare_mps_daemon_set_default_pinned_device_memory_limit, get(), device, limit_mib);
    }
    /// GPUSHARE_MPS_PRIORITY_...
    std::uint32_t default_client_priority() const {
        return detail::ask<std::uint32_t>(gpushare_mps_daemon_default_client_priority, get());
    }
    void set_default_client_priority(std::uint32_t priority) const {
        detail::call(gpushare_mps_daemon_set_default_client_priority, get(), priority);
    }
    gpushare_mps_quit_t quit(std::chrono::milliseconds grace) const {
        return detail::fill<gpushare_mps_quit_t>(gpushare_mps_daemon_quit, get(), detail::milliseconds(grace));
    }
    std::optional<std::string> log_directory() const { return detail::optional_text(gpushare_mps_daemon_log_directory(get())); }
    mps_log control_log() const { return detail::make<mps_log>(gpushare_mps_daemon_control_log, get()); }
    mps_log server_log() const { return detail::make<mps_log>(gpushare_mps_daemon_server_log, get()); }

private:
    template <typename Function>
    static mps_daemon by(Function function, const std::string &pipe_directory, const mps_daemon_options &options) {
        std::vector<const gpushare_gpu_t *> gpus;
        for (const gpu &one : options.gpus) gpus.push_back(one.get());
        gpushare_mps_daemon_options_t c = GPUSHARE_MPS_DAEMON_OPTIONS_INIT;
        c.patience_ms = detail::milliseconds(options.patience);
        c.program = detail::c_text(options.program);
        c.log_directory = detail::c_text(options.log_directory);
        c.gpus = gpus.data();
        c.gpu_count = gpus.size();
        c.mig_device = options.mig_device ? options.mig_device->get() : nullptr;
        c.flags = options.flags;
        return detail::make<mps_daemon>(function, pipe_directory.c_str(), &c);
    }
};

/// How to share a device.
struct mps_session_options {
    std::optional<std::string> directory; ///< Nothing for "/run/gpushare-mps".
    std::optional<std::string> program; ///< Nothing for the one on the path.
    double active_thread_percentage = 0; ///< 0 for all.
    std::uint64_t pinned_device_memory_limit_mib = 0; ///< 0 for all.
    std::uint32_t client_priority = GPUSHARE_MPS_PRIORITY_NORMAL;
    /// GPUSHARE_MPS_EXCLUSIVE_PROCESS, GPUSHARE_MPS_DENY_ADVISORIES, GPUSHARE_MPS_ALL_USERS, GPUSHARE_MPS_MULTI_USER
    std::uint32_t flags = 0;
    std::chrono::milliseconds patience{0}; ///< 0 for 10 s.
};

/// A shared GPU or MIG device, as long as this lives; it can be moved and not copied.
class [[nodiscard]] mps_session {
public:
    static mps_session share(const gpu &of, const mps_session_options &options = {}) {
        const gpushare_mps_session_options_t c = options_of(options);
        return mps_session(detail::ask<gpushare_mps_session_t *>(gpushare_gpu_mps_session, of.get(), &c));
    }
    static mps_session share(const mig_device &of, const mps_session_options &options = {}) {
        const gpushare_mps_session_options_t c = options_of(options);
        return mps_session(detail::ask<gpushare_mps_session_t *>(gpushare_mig_device_mps_session, of.get(), &c));
    }

    /// Ends what a session left whose process died; nothing where nothing was left. Throws where the session lives.
    static std::optional<gpushare_mps_quit_t> recover(const gpu &of, std::chrono::milliseconds grace,
                                                      const mps_session_options &options = {}) {
        return recover_by(gpushare_gpu_mps_session_recover, of.get(), grace, options);
    }
    static std::optional<gpushare_mps_quit_t> recover(const mig_device &of, std::chrono::milliseconds grace,
                                                      const mps_session_options &options = {}) {
        return recover_by(gpushare_mig_device_mps_session_recover, of.get(), grace, options);
    }

    mps_daemon daemon() const { return mps_daemon::clone(gpushare_mps_session_daemon(c_.get())); }
    std::vector<std::string> advisories() const {
        std::vector<std::string> all;
        for (std::size_t index = 0; index < gpushare_mps_session_advisory_count(c_.get()); ++index) {
            all.emplace_back(gpushare_mps_session_advisory(c_.get(), index));
        }
        return all;
    }
    /// The variables of a client; nothing as a value is one that it must not have.
    std::vector<std::pair<std::string, std::optional<std::string>>> client_environment() const {
        std::vector<std::pair<std::string, std::optional<std::string>>> all;
        for (std::size_t index = 0; index < gpushare_mps_session_variable_count(c_.get()); ++index) {
            all.emplace_back(gpushare_mps_session_variable_name(c_.get(), index),
                             detail::optional_text(gpushare_mps_session_variable_value(c_.get(), index)));
        }
        return all;
    }
    void verify_client(std::uint32_t pid, std::chrono::milliseconds patience) const {
        detail::call(gpushare_mps_session_verify_client, c_.get(), pid, detail::milliseconds(patience));
    }
    /// Ends the session, also where this throws.
    gpushare_mps_quit_t close(std::chrono::milliseconds grace) {
        return detail::fill<gpushare_mps_quit_t>(gpushare_mps_session_close, c_.release(), detail::milliseconds(grace));
    }

private:
    explicit mps_session(gpushare_mps_session_t *given) noexcept : c_(given, gpushare_mps_session_free) {}

    template <typename Function, typename Device>
    static std::optional<gpushare_mps_quit_t> recover_by(Function function, const Device *of, std::chrono::milliseconds grace,
                                                         const mps_session_options &options) {
        const gpushare_mps_session_options_t c = options_of(options);
        bool found = false;
        gpushare_mps_quit_t quit = GPUSHARE_MPS_QUIT_INIT;
        detail::call(function, of, &c, detail::milliseconds(grace), &found, &quit);
        return found ? std::optional<gpushare_mps_quit_t>(quit) : std::nullopt;
    }

    static gpushare_mps_session_options_t options_of(const mps_session_options &options) noexcept {
        gpushare_mps_session_options_t c = GPUSHARE_MPS_SESSION_OPTIONS_INIT;
        c.flags = options.flags;
        c.directory = detail::c_text(options.directory);
        c.program = detail::c_text(options.program);
        c.active_thread_percentage = options.active_thread_percentage;
        c.pinned_device_memory_limit_mib = options.pinned_device_memory_limit_mib;
        c.client_priority = options.client_priority;
        c.patience_ms = detail::milliseconds(options.patience);
        return c;
    }

    std::unique_ptr<gpushare_mps_session_t, void (*)(gpushare_mps_session_t *)> c_;
};

} // namespace gpushare

#endif // GPUSHARE_MPS_HPP
