//! What bites who uses MPS by hand, and how it does not bite here. Each has a test.
//!
//! | | by hand | test |
//! |---|---|---|
//! | 1 | what is refused is refused in silence | `pitfall_01_what_is_not_executed_is_found_out` |
//! | 2 | of two speakers the daemon drops one, at times with every sign of success | `pitfall_02_what_was_dropped_is_sent_again_where_that_is_safe`, `hammer::pitfall_02_many_speakers_lose_no_command_and_none_is_executed_twice` |
//! | 3 | one who connects and says nothing wedges the daemon | `pitfall_03_one_who_says_nothing_makes_a_daemon_wedged_and_nobody_wait_for_ever` |
//! | 4 | a value holds for servers or clients to come | `pitfall_04_values_are_those_of_what_comes_later` |
//! | 5 | text in a command is another command | `pitfall_05_a_daemon_gets_the_commands_that_were_sent_and_no_other` |
//! | 6 | a long path of the pipe directory fails without a word | `pitfall_06_a_pipe_directory_is_as_long_as_every_daemon_can_use` |
//! | 7 | an empty path is the root directory | `pitfall_07_a_path_that_is_empty_or_not_absolute_is_refused` |
//! | 8 | links and directories of others are followed | `pitfall_08_links_and_directories_of_others_are_refused` |
//! | 9 | a client of another user waits without end | `pitfall_09_who_would_wait_for_another_users_clients_is_told`, `pitfall_09_a_command_of_another_user_is_not_left_waiting` |
//! | 10 | a variable is given to the wrong process | `pitfall_10_the_environment_is_that_of_the_child_itself` |
//! | 11 | `quit` waits, lies and loses output | `pitfall_11_closing_ends_with_clients_that_stay` |
//! | 12 | a UUID as a device wipes the limit of device 0 | `pitfall_12_devices_are_numbers_and_keep_each_its_own_limit` |
//! | 13 | units of memory are mangled | `pitfall_13_memory_is_what_was_asked_for_or_nothing` |
//! | 14 | daemon and driver differ in version | `pitfall_14_a_daemon_of_another_driver_is_told` |
//! | 15 | `-q` has two meanings | `pitfall_15_a_daemon_is_started_with_one_option` |
//! | 16 | process ids of another namespace | `pitfall_16_a_client_tells_whether_its_process_ids_are_these` |
//! | 17 | a client that is killed takes others with it | `pitfall_17_a_terminated_client_harms_no_other`, `pitfall_17_clients_are_terminated_before_anything_is_killed` |
//! | 18 | a fault is that of all clients of the GPU | `pitfall_18_a_fault_is_seen_in_the_servers_status` |
//! | 19 | questions make the log grow, and who reads the fifo steals from it | `pitfall_19_looking_leaves_the_log_as_it_is` |
//! | 20 | a daemon that ended is a zombie | `pitfall_20_a_zombie_is_no_daemon` |
//! | 21 | a program that misses the daemon runs beside it | `pitfall_21_a_program_beside_mps_is_found_out` |
//! | 22 | the list of clients by device has a wrong PCI address | `pitfall_22_clients_are_told_by_the_uuid_of_their_device` |
//! | 23 | a client in a container needs the daemon's `/dev/shm` | none: only CUDA on a GPU uses it; `MpsSession` says what such a client needs |
//! | 24 | half-precision products go wrong on Hopper at some shares | `pitfall_24_shares_at_which_hopper_errs_are_told_and_can_be_refused` |

mod clients;
mod daemon;
mod values;
