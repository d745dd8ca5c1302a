// Reads a report of scripts/gpu-report: its card on the first line, then "GROUP STATUS STEP: RESULT" of every
// step. Fails where the report is no JSON or lacks one of them.

#include <exception>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

int main(int argc, char** argv) try {
    if (argc != 2) return 2;
    std::ifstream file(argv[1]);
    const nlohmann::json report = nlohmann::json::parse(file);
    std::cout << report.at("card").get<std::string>() << '\n';
    for (const nlohmann::json& step : report.at("steps")) {
        std::cout << step.at("group").get<std::string>() << ' ' << step.at("status").get<std::string>() << ' '
                  << step.at("step").get<std::string>() << ": " << step.at("result").get<std::string>()
                  << '\n';
        if (step.at("seconds").get<double>() < 0) return 1;
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << argv[1] << ": " << error.what() << '\n';
    return 1;
}
